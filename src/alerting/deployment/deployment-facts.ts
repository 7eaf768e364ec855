/**
 * What every way to deploy the router must agree on: ports, probes, folders, images, how long a stop may take.
 *
 * compose-files.ts and kubernetes-files.ts are made from these; Dockerfile, ops/systemd and ops/proxy are written by
 * hand and compared with them by deployment-files.test.ts.
 */

/**
 * Images, each pinned. Who wants more than a tag adds the digest that `docker buildx imagetools inspect` shows.
 * docs/deployment.md says how far the tags were checked.
 */
export const images = {
  router: "claude-code-router:latest",
  redis: "redis:7.4.9-alpine",
  postgres: "postgres:17.10-alpine",
  prometheus: "prom/prometheus:v2.53.4",
  alertmanager: "prom/alertmanager:v0.28.1",
  grafana: "grafana/grafana:12.3.1",
  nodeExporter: "prom/node-exporter:v1.9.0",
  redisExporter: "oliver006/redis_exporter:v1.69.0",
} as const;

/** `nonroot` of the distroless images. */
export const routerUserId = 65_532;

/** The state folder in a container: journal, compile cache, logs. All else is read-only. */
export const stateFolder = "/data";
export const configPath = "/etc/ccr/ccr.yaml";
/** Where secrets are mounted, one file each. */
export const secretsFolder = "/run/secrets";

/** Asked by supervisors: has it started, is it alive, may it get calls? */
export const probePaths = { startup: "/startupz", liveness: "/livez", readiness: "/readyz" } as const;

/** How a container asks itself, without a shell: the image has none. */
export function healthCheck(port: number): readonly string[] {
  const script = `fetch("http://127.0.0.1:${port}${probePaths.liveness}").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
  return ["CMD", "/nodejs/bin/node", "-e", script];
}

/** Before a stopping instance is told, balancers have this long to notice that it leaves. */
export const leaveSeconds = 5;

/** From the signal to stop until the process may be killed: running calls finish, ledger and logs are written. */
export function stopSeconds(gracePeriodMs: number): number {
  return Math.ceil(gracePeriodMs / 1000) + 10;
}

/** Calls in flight that one process serves well; more processes are started beyond. docs/deployment.md has the figures. */
export const callsPerProcess = 200;
