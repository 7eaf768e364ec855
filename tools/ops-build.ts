/** Writes `ops/` as it is committed: for the settings' defaults. `--check`: compares instead, and fails where they differ. */
import { join } from "node:path";
import { grafanaFiles } from "../src/alerting/dashboards/grafana/grafana-files.ts";
import { buildDeploymentFiles, buildOpsFiles } from "../src/alerting/build-ops-files.ts";
import { removeLeftOvers, staleOpsFiles, writeOpsFiles } from "../src/alerting/ops-folder.ts";
import { configSchema } from "../src/config/schema.ts";
import { ruleTestFiles } from "./rule-tests/test-files.ts";

const folder = join(import.meta.dirname, "../ops");
const { alerting, server } = configSchema.parse({});
const files = [
  ...buildOpsFiles({ alerting, timeScale: 1 }),
  ...grafanaFiles(alerting),
  ...buildDeploymentFiles({ alerting, server }),
  ...ruleTestFiles(),
];
if (process.argv.includes("--check")) {
  const stale = staleOpsFiles(folder, files);
  if (stale.length > 0) {
    console.log(
      `not what src/alerting generates (npm run ops:build):\n${stale.map((path) => `  ops/${path}`).join("\n")}`,
    );
    process.exitCode = 1;
  }
} else {
  removeLeftOvers(folder, files);
  writeOpsFiles(folder, files);
}
