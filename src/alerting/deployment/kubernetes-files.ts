/**
 * `ops/kubernetes/`: the router as a Deployment, for `kubectl apply -k`. Redis and PostgreSQL are somebody else's: their
 * addresses stand in the secret.
 */
import type { ServerConfig } from "../../config/schema.ts";
import { toDeploymentYaml } from "../ops-yaml.ts";
import type { OpsFile } from "../ops-file.ts";
import {
  callsPerProcess,
  configPath,
  images,
  leaveSeconds,
  probePaths,
  routerUserId,
  secretsFolder,
  stateFolder,
  stopSeconds,
} from "./deployment-facts.ts";

const name = "claude-code-router";
const labels = { "app.kubernetes.io/name": name };

export function kubernetesFiles({ server }: { readonly server: ServerConfig }): readonly OpsFile[] {
  const objects: Readonly<Record<string, unknown>> = {
    "service-account": serviceAccount,
    deployment: deployment(server),
    service: service(server),
    "pod-disruption-budget": podDisruptionBudget,
    "horizontal-pod-autoscaler": autoscaler,
    "network-policy": networkPolicy(server),
    "service-monitor": serviceMonitor,
  };
  const files = Object.entries(objects).map(([file, object]) => ({
    path: `kubernetes/${file}.yaml`,
    text: toDeploymentYaml(object),
  }));
  return [
    { path: "kubernetes/kustomization.yaml", text: toDeploymentYaml(kustomization(Object.keys(objects))) },
    { path: "kubernetes/ccr.yaml", text: toDeploymentYaml(routerConfig(server)) },
    { path: "kubernetes/secret.example.yaml", text: toDeploymentYaml(secretExample) },
    ...files,
  ];
}

function kustomization(files: readonly string[]): unknown {
  const [, version = "latest"] = images.router.split(":");
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    namespace: name,
    resources: files.map((file) => `${file}.yaml`),
    // Its name ends in a hash of the content: another configuration rolls out anew.
    configMapGenerator: [{ name: `${name}-config`, files: ["ccr.yaml"] }],
    images: [{ name, newName: name, newTag: version }],
  };
}

function routerConfig({ port, gracePeriodMs }: ServerConfig): unknown {
  const secret = (file: string): string => `\${file:${secretsFolder}/${name}/${file}}`;
  return {
    server: { host: "0.0.0.0", port, gracePeriodMs },
    logging: { file: `${stateFolder}/error.log` },
    auth: { keysFile: `${secretsFolder}/${name}/keys.json` },
    providers: { anthropic: { apiKey: secret("anthropic-api-key") } },
    redis: { url: secret("redis-url") },
    ledger: { postgres: secret("postgres-url") },
  };
}

/** Not part of the kustomization: real secrets come from your own store. */
const secretExample = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: name },
  type: "Opaque",
  stringData: {
    "keys.json": "what `ccr keys create` wrote to keys.json",
    "anthropic-api-key": "the key",
    "redis-url": "rediss://:password@redis.example.com:6379",
    "postgres-url": "postgres://ccr:password@postgres.example.com:5432/ccr",
  },
};

const serviceAccount = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, labels },
  automountServiceAccountToken: false,
};

function deployment(server: ServerConfig): unknown {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: {
      selector: { matchLabels: labels },
      // The autoscaler sets how many. Nobody leaves before somebody else is ready.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels }, spec: pod(server) },
    },
  };
}

function pod(server: ServerConfig): unknown {
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: leaveSeconds + stopSeconds(server.gracePeriodMs),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: routerUserId,
      runAsGroup: routerUserId,
      fsGroup: routerUserId,
      seccompProfile: { type: "RuntimeDefault" },
    },
    topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: labels },
    })),
    containers: [container(server)],
    volumes: [
      { name: "config", configMap: { name: `${name}-config` } },
      { name: "secrets", secret: { secretName: name, defaultMode: 0o440 } },
      // Outlives a container that is killed, so its journal is brought in by the next one; not a pod that is removed.
      { name: "state", emptyDir: { sizeLimit: "2Gi" } },
    ],
  };
}

function container({ port }: ServerConfig): unknown {
  const probe = (path: string, more: object): unknown => ({
    httpGet: { path, port: "http" },
    timeoutSeconds: 3,
    ...more,
  });
  return {
    name: "router",
    image: name,
    ports: [{ name: "http", containerPort: port }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { cpu: "500m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    startupProbe: probe(probePaths.startup, { periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe(probePaths.liveness, { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe(probePaths.readiness, { periodSeconds: 2, failureThreshold: 1 }),
    // Endpoints forget the pod before it refuses connections.
    lifecycle: { preStop: { sleep: { seconds: leaveSeconds } } },
    volumeMounts: [
      { name: "config", mountPath: configPath.slice(0, configPath.lastIndexOf("/")), readOnly: true },
      { name: "secrets", mountPath: `${secretsFolder}/${name}`, readOnly: true },
      { name: "state", mountPath: stateFolder },
    ],
  };
}

function service({ port }: ServerConfig): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels },
    spec: { selector: labels, ports: [{ name: "http", port, targetPort: "http" }] },
  };
}

const podDisruptionBudget = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name, labels },
  spec: { maxUnavailable: 1, selector: { matchLabels: labels }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
};

/** By processor time and by calls in flight: streams wait for providers, so a process can be full and idle. */
const autoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name, labels },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 100 } } },
      {
        type: "Pods",
        pods: {
          metric: { name: "ccr_calls_in_flight" },
          target: { type: "AverageValue", averageValue: String(callsPerProcess) },
        },
      },
    ],
    // Leaving ends streams early or waits for them: seldom, and one at a time.
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: "Percent", value: 100, periodSeconds: 30 }] },
      scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: "Pods", value: 1, periodSeconds: 120 }] },
    },
  },
};

function networkPolicy({ port }: ServerConfig): unknown {
  const to = (ports: readonly (readonly [string, number])[]): unknown => ({
    ports: ports.map(([protocol, number]) => ({ protocol, port: number })),
  });
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, labels },
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ["Ingress", "Egress"],
      // Namespaces that may call, Prometheus' among them, carry this label.
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "claude-code-router/access": "true" } } }],
          ports: [{ protocol: "TCP", port }],
        },
      ],
      // Names; providers; Redis and PostgreSQL.
      egress: [
        to([
          ["UDP", 53],
          ["TCP", 53],
        ]),
        to([["TCP", 443]]),
        to([
          ["TCP", 6379],
          ["TCP", 5432],
        ]),
      ],
    },
  };
}

const serviceMonitor = {
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata: { name, labels },
  spec: {
    selector: { matchLabels: labels },
    endpoints: [{ port: "http", path: "/metrics", interval: "10s" }],
    // The rules' job name.
    jobLabel: "app.kubernetes.io/name",
  },
};
