/**
 * One trial's own world on loopback: simulated providers, the router as a process, Redis where it is needed, Prometheus,
 * Alertmanager and exporters, a receiver of alerts, and people who call all the time.
 *
 * Rules and routes come from the same code as `ops/`, with all spans of time shortened by one factor. Beside that, only what
 * depends on how busy this machine is has been moved, and stands in `usualThresholds`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { findPrograms } from "../../src/alerting/local/installed-programs.ts";
import { startLocalMonitoring } from "../../src/alerting/local/local-monitoring.ts";
import { configSchema } from "../../src/config/schema.ts";
import type { AlertingConfig, AlertThresholds } from "../../src/config/schema.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { AlertInbox } from "./alert-inbox.ts";
import type { Cleaners } from "./cleaners.ts";
import { OwnRedis } from "./own-redis.ts";
import { PacedLoad } from "./paced-load.ts";
import type { PacedLoadOptions } from "./paced-load.ts";

/** An hour of the rules is three minutes here, `for: 5m` fifteen seconds. Scrapes come every second or two, evaluations every second. */
export const timeScale = 20;

export interface Stack {
  readonly folder: string;
  readonly url: string;
  readonly simulated: SimulatedProviders;
  readonly inbox: AlertInbox;
  readonly load: PacedLoad;
  /** Throws where the fault did not ask for one. */
  readonly redis: OwnRedis;
  readonly configuration: JsonObject;
  /** The process that serves now. */
  readonly router: () => RouterProcess;
  /** Starts a router anew where the last one was. */
  readonly restartRouter: () => Promise<void>;
}

/** What a fault asks of its stack. */
export interface StackWish {
  /** Settings of the router beside the usual ones. */
  readonly settings?: JsonObject;
  /** Settings of the provider that is asked first. */
  readonly provider?: JsonObject;
  /** Thresholds beside the usual ones; each needs a reason beside it. */
  readonly thresholds?: Partial<AlertThresholds>;
  readonly costPerDayUsd?: number;
  readonly needsRedis?: boolean;
  /** Arguments of node_exporter; without them it does not run. */
  readonly nodeExporterArgs?: readonly string[];
  readonly load?: Partial<PacedLoadOptions>;
  /** A module of own rules, as a file. */
  readonly routeModule?: string;
  /** Made before the stack, such as a mount. */
  prepare?(stack: { readonly folder: string; readonly after: (clean: () => void) => void }): void;
}

/** Several trials at once on two cores: what only tells that this machine is busy must not be heard. */
const usualThresholds = { eventLoopLagSeconds: 5 };
const usualLevels = { overhead: { seconds: 5 } };

export async function startStack(t: Cleaners, wish: StackWish): Promise<Stack> {
  const folder = createTemporaryFolder(t);
  wish.prepare?.({ folder, after: (clean) => t.after(clean) });
  const simulated = await runSimulatedProviders({ keepRequests: 1 });
  t.after(() => simulated.close());
  const redis = wish.needsRedis === true ? await OwnRedis.start(t, folder) : null;
  const configuration = settingsOf(wish, folder, simulated, redis, await freePort());
  const stateFolder = join(folder, "state");
  const start = (): Promise<RouterProcess> => startRouter(t, { configuration, stateFolder, deadlineMs: 60_000 });
  let router = await start();
  const { url } = router;
  const inbox = await AlertInbox.open(t);
  const monitoring = await startLocalMonitoring({
    programs: {
      ...findPrograms(process.env["PATH"] ?? ""),
      ...(wish.nodeExporterArgs === undefined ? { nodeExporter: null } : {}),
    },
    folder: join(folder, "monitoring"),
    alerting: alertingOf(wish, url),
    routers: [new URL(url).host],
    redisUrl: redis?.url ?? null,
    webhookUrl: inbox.url,
    ports: {},
    timeScale,
    ...(wish.nodeExporterArgs === undefined ? {} : { nodeExporterArgs: wish.nodeExporterArgs }),
  });
  t.after(() => monitoring.close());
  const load = new PacedLoad(url, { perSecond: 5, body: question, ...wish.load });
  t.after(() => load.stop());
  return {
    folder,
    url,
    simulated,
    inbox,
    load,
    configuration,
    get redis() {
      if (redis === null) throw new Error("this fault did not ask for a Redis");
      return redis;
    },
    router: () => router,
    restartRouter: async () => {
      router = await start();
    },
  };
}

/** What people ask when all is well: a stream, never twice the same. */
export function question(call: number, model = "anthropic/claude-haiku-4-5"): object {
  const content = `How is the weather at station ${call}?`;
  return { model, max_tokens: 200, stream: true, messages: [{ role: "user", content }] };
}

function settingsOf(
  { settings = {}, provider = {}, routeModule }: StackWish,
  folder: string,
  simulated: SimulatedProviders,
  redis: OwnRedis | null,
  port: number,
): JsonObject {
  const { anthropic, openai } = simulated.configuration.providers;
  const module = join(folder, "route.ts");
  if (routeModule !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(module, routeModule);
  }
  return {
    server: { port, gracePeriodMs: 1000 },
    providers: {
      anthropic: { ...anthropic, models: ["claude-haiku-4-5", "claude-opus-4-5"], ...provider },
      openai: { ...openai, models: ["gpt-4.1"] },
    },
    routing: {
      fallbacks: { "anthropic/claude-haiku-4-5": "openai/gpt-4.1" },
      ...(routeModule === undefined ? {} : { module }),
    },
    retries: { attemptsPerTarget: 1 },
    breaker: { openMs: 15_000 },
    // Pretended money, and little of it: what calls cost is what a fault says.
    prices: { multiplier: 0.001 },
    ...(redis === null ? {} : { redis: { url: redis.url } }),
    ...settings,
  };
}

function alertingOf({ thresholds = {}, costPerDayUsd }: StackWish, url: string): AlertingConfig {
  return configSchema.parse({
    alerting: {
      thresholds: { ...usualThresholds, ...thresholds },
      serviceLevels: { ...usualLevels, ...(costPerDayUsd === undefined ? {} : { costPerDayUsd }) },
      scrapeEveryMs: 2000,
      evaluateEveryMs: 1000,
      runbookUrl: `${url}/runbooks/{alert}`,
    },
  }).alerting;
}
