/**
 * Everything that `ops/` holds and that is generated, as a function of the settings. Writing is somebody else's matter
 * (`ccr ops build`, `npm run ops:build`); `npm run check` compares what is committed with this, byte for byte.
 */
import { alertmanagerFiles } from "./alertmanager-files.ts";
import { composeFiles } from "./deployment/compose-files.ts";
import type { DeploymentSettings } from "./deployment/compose-files.ts";
import { kubernetesFiles } from "./deployment/kubernetes-files.ts";
import type { OpsFile, OpsSettings } from "./ops-file.ts";
import { prometheusFiles } from "./prometheus-files.ts";

/** How the router is deployed with all that watches it. Apart from the rest: `ccr ops build` writes none of it. */
export function buildDeploymentFiles(settings: DeploymentSettings): readonly OpsFile[] {
  return [...composeFiles(settings), ...kubernetesFiles(settings)];
}

/** Throws RangeError where settings do not fit together. The dashboards are built apart: dashboards/grafana/. */
export function buildOpsFiles(settings: OpsSettings): readonly OpsFile[] {
  return [...prometheusFiles(settings), ...alertmanagerFiles(settings)];
}
