/**
 * `ops/compose.yaml`: the router with Redis, PostgreSQL, Prometheus, Alertmanager, Grafana and the exporters on one
 * machine, and what they mount.
 */
import type { AlertingConfig, ServerConfig } from "../../config/schema.ts";
import { alertmanagerFiles } from "../alertmanager-files.ts";
import { toDeploymentYaml } from "../ops-yaml.ts";
import type { OpsFile } from "../ops-file.ts";
import { atOwnAddresses } from "../own-addresses.ts";
import { prometheusFiles } from "../prometheus-files.ts";
import {
  configPath,
  healthCheck,
  images,
  routerUserId,
  secretsFolder,
  stateFolder,
  stopSeconds,
} from "./deployment-facts.ts";

export interface DeploymentSettings {
  readonly alerting: AlertingConfig;
  readonly server: ServerConfig;
}

/** Nothing of a container is written to but what is mounted for that, and it gains no rights. */
const confined = {
  read_only: true,
  cap_drop: ["ALL"],
  security_opt: ["no-new-privileges:true"],
  restart: "unless-stopped",
} as const;

/** Reached from this machine only: a balancer or an SSH tunnel stands in front. */
const onLoopback = (port: number): readonly string[] => [`127.0.0.1:${port}:${port}`];
const bind = (from: string, to: string): string => `./${from}:${to}:ro`;

export function composeFiles({ alerting, server }: DeploymentSettings): readonly OpsFile[] {
  const inside = alertingInside(alerting, server.port);
  const mounted = [
    ...prometheusFiles({ alerting: inside, timeScale: 1 }),
    ...alertmanagerFiles({ alerting: inside, timeScale: 1 }),
  ];
  return [
    { path: "compose.yaml", text: toDeploymentYaml(compose(server)) },
    { path: "compose/ccr.yaml", text: toDeploymentYaml(routerConfig(server)) },
    ...mounted
      .filter(({ path }) => /(prometheus|alertmanager)\.yml$/.test(path))
      .map(({ path, text }) => ({ path: `compose/${path.split("/")[1]!}`, text })),
  ];
}

/** The same rules, at the addresses that containers have; alerts go to the router's own store. */
function alertingInside(alerting: AlertingConfig, port: number): AlertingConfig {
  const targets = {
    router: [`router:${port}`],
    nodeExporter: ["node-exporter:9100"],
    redisExporter: ["redis-exporter:9121"],
    alertmanager: ["alertmanager:9093"],
  };
  const url = `http://router:${port}/api/alerts/webhook`;
  return atOwnAddresses(alerting, targets, { url, credentialsFile: `${secretsFolder}/admin-key` });
}

function routerConfig({ port, gracePeriodMs }: ServerConfig): unknown {
  return {
    server: { host: "0.0.0.0", port, gracePeriodMs },
    logging: { file: `${stateFolder}/error.log` },
    auth: { keysFile: `${secretsFolder}/keys.json` },
    providers: { anthropic: { apiKey: `\${file:${secretsFolder}/anthropic-api-key}` } },
    redis: { url: "redis://redis:6379" },
    ledger: { postgres: `postgres://ccr:\${file:${secretsFolder}/postgres-password}@postgres:5432/ccr` },
  };
}

const secretNames = ["keys.json", "admin-key", "anthropic-api-key", "postgres-password", "grafana-password"] as const;

function compose(server: ServerConfig): unknown {
  return {
    name: "claude-code-router",
    services: { router: router(server), ...stores(), ...watchers() },
    volumes: Object.fromEntries(
      ["router-state", "redis-data", "postgres-data", "prometheus-data", "alertmanager-data", "grafana-data"].map(
        (name) => [name, {}],
      ),
    ),
    secrets: Object.fromEntries(secretNames.map((name) => [name, { file: `./compose/secrets/${name}` }])),
  };
}

function router({ port, gracePeriodMs }: ServerConfig): unknown {
  return {
    image: images.router,
    build: { context: "..", dockerfile: "Dockerfile" },
    ...confined,
    user: `${routerUserId}:${routerUserId}`,
    ports: onLoopback(port),
    volumes: [bind("compose/ccr.yaml", configPath), `router-state:${stateFolder}`],
    secrets: ["keys.json", "anthropic-api-key", "postgres-password"],
    healthcheck: { test: healthCheck(port), interval: "10s", timeout: "3s", retries: 3, start_period: "10s" },
    stop_grace_period: `${stopSeconds(gracePeriodMs)}s`,
    depends_on: { redis: { condition: "service_healthy" }, postgres: { condition: "service_healthy" } },
    deploy: { resources: { limits: { memory: "1g" } } },
  };
}

function stores(): Readonly<Record<string, unknown>> {
  return {
    redis: {
      image: images.redis,
      ...confined,
      user: "999:1000",
      // Counters of budgets outlive a restart; a full memory lets old answers of the cache go, nothing else.
      command: ["redis-server", "--appendonly", "yes", "--maxmemory", "512mb", "--maxmemory-policy", "volatile-lru"],
      volumes: ["redis-data:/data"],
      healthcheck: { test: ["CMD", "redis-cli", "ping"], interval: "5s", timeout: "3s", retries: 5 },
    },
    postgres: {
      image: images.postgres,
      restart: "unless-stopped",
      security_opt: ["no-new-privileges:true"],
      environment: {
        POSTGRES_USER: "ccr",
        POSTGRES_DB: "ccr",
        POSTGRES_PASSWORD_FILE: `${secretsFolder}/postgres-password`,
      },
      secrets: ["postgres-password"],
      volumes: ["postgres-data:/var/lib/postgresql/data"],
      shm_size: "128mb",
      healthcheck: { test: ["CMD", "pg_isready", "-U", "ccr"], interval: "5s", timeout: "3s", retries: 10 },
      stop_grace_period: "60s",
    },
  };
}

function watchers(): Readonly<Record<string, unknown>> {
  return {
    prometheus: {
      image: images.prometheus,
      ...confined,
      ports: onLoopback(9090),
      volumes: [
        bind("compose/prometheus.yml", "/etc/prometheus/prometheus.yml"),
        bind("prometheus/alert_rules.yml", "/etc/prometheus/alert_rules.yml"),
        bind("prometheus/recording_rules.yml", "/etc/prometheus/recording_rules.yml"),
        "prometheus-data:/prometheus",
      ],
      command: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.retention.time=35d"],
    },
    alertmanager: {
      image: images.alertmanager,
      ...confined,
      ports: onLoopback(9093),
      volumes: [
        bind("compose/alertmanager.yml", "/etc/alertmanager/alertmanager.yml"),
        bind("alertmanager/templates", "/etc/alertmanager/templates"),
        "alertmanager-data:/alertmanager",
      ],
      secrets: ["admin-key"],
    },
    grafana: {
      image: images.grafana,
      ...confined,
      ports: onLoopback(3000),
      environment: {
        GF_SECURITY_ADMIN_PASSWORD__FILE: `${secretsFolder}/grafana-password`,
        GF_ANALYTICS_REPORTING_ENABLED: "false",
        GF_USERS_ALLOW_SIGN_UP: "false",
      },
      tmpfs: ["/tmp"],
      volumes: [
        bind("grafana/provisioning", "/etc/grafana/provisioning"),
        bind("grafana/dashboards", "/var/lib/grafana/dashboards"),
        "grafana-data:/var/lib/grafana",
      ],
      secrets: ["grafana-password"],
      depends_on: ["prometheus"],
    },
    "node-exporter": {
      image: images.nodeExporter,
      ...confined,
      command: ["--path.rootfs=/host"],
      pid: "host",
      volumes: ["/:/host:ro,rslave"],
    },
    "redis-exporter": { image: images.redisExporter, ...confined, environment: { REDIS_ADDR: "redis://redis:6379" } },
  };
}
