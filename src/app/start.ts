/** Starts the router: the state of the process, the first runtime, the server. */
import type { Logger } from "../core/log/logging.ts";
import type { BudgetEvent } from "../costs/budgets/announcing/budget-events.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import type { AdminRoute } from "../admin/admin-route.ts";
import { enableNearLimitSnapshot } from "../monitoring/process/heap-snapshot.ts";
import type { CostOptimizer } from "../optimization/cost-optimizer.ts";
import { adminRoutes } from "./operators/admin-routes.ts";
import { createRuntime } from "./runtime/create-runtime.ts";
import type { Runtime } from "./runtime/create-runtime.ts";
import { takeLeave } from "./drain-server.ts";
import type { ServiceLife } from "./drain-server.ts";
import { createSingleFront } from "./front.ts";
import type { Front } from "./front.ts";
import { createHttpServer } from "./http-server.ts";
import { ownLiveParts } from "./process/live-parts.ts";
import { countAdminRequest, countRequests, metricNames, metricSources } from "./operators/metric-wiring.ts";
import { createProcessState } from "./process/process-state.ts";
import type { ProcessState } from "./process/process-state.ts";
import { ProviderProbes } from "./provider-probes.ts";
import { createReloader } from "./reload.ts";
import type { Reloader, ReloadResult, WatchedConfig } from "./reload.ts";
import { serveClient } from "./serve-client.ts";
import { serveAdmin } from "./operators/serve-admin.ts";
import { workerCount } from "./process/worker-count.ts";

/** The file of `configPath` is watched for changes. */
export interface StartOptions extends WatchedConfig {
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  /** Prints a line for whoever sent a signal; with it SIGUSR2 writes a heap snapshot. */
  readonly print?: (line: string) => void;
}

export interface RunningRouter {
  readonly host: string;
  readonly port: number;
  /** Ranks, estimates and reports costs, over the configuration of the moment: a reload makes another one. */
  optimizer(): CostOptimizer;
  /** Hears of budget events, each once, whatever is reloaded; the answer ends it. */
  onBudgetEvent(listener: (event: BudgetEvent) => void): () => void;
  reload(): Promise<ReloadResult>;
  /** How long `drain` lets calls go on. */
  gracePeriodMs(): number;
  /** Stops accepting and resolves when the calls in flight are over, or their grace period is. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with Error in words for people, or with the system's error where it cannot listen. */
export async function startRouter(options: StartOptions): Promise<RunningRouter> {
  const { config, logger, print } = options;
  const life: ServiceLife = { phase: "starting", lateRequests: 0 };
  let runtime: Runtime | null = null;
  let routes: readonly AdminRoute[] = [];
  let reloader: Reloader | null = null;
  let probes: ProviderProbes | null = null;
  const current = (): Runtime => runtime!;
  const front = await createFront(options);
  const gateway = (): Runtime["gateway"] => current().gateway;
  const live = front.liveParts(ownLiveParts(gateway, () => state.answerCache.answers.stats()));
  const state = await createProcessState({ config, logger, live: () => live, print, workerNews: front.news });
  const close = async (): Promise<void> => {
    probes?.close();
    await reloader?.close();
    await front.close();
    await runtime?.close();
    await state.close();
  };
  try {
    if (print !== undefined) state.heapSnapshots.listen();
    if (config.monitoring.heapSnapshotNearLimit) enableNearLimitSnapshot(logger);
    const use = (next: Runtime): Promise<void> => {
      const old = runtime;
      runtime = next;
      state.configure(next.config);
      state.metrics.configure(metricNames(next, routes));
      state.providerHealth.configure([...next.gateway.providers.keys()]);
      // Its calls may still want another attempt: a closed client would refuse them.
      if (old !== null) void state.openCalls.presentOver().then(() => old.close());
      return front.configure();
    };
    await use(await createRuntime(config, options.environment, state));
    state.metrics.connect(metricSources(state, live));
    reloader = createReloader(options, state, current, use);
    routes = adminRoutes({
      state,
      runtime: current,
      live,
      front,
      reloader,
      phase: () => life.phase,
      configPath: options.configPath,
    });
    state.metrics.configure(metricNames(current(), routes));
    state.metrics.observeConfigStart();
    probes = startProbes(state, current);
    const server = createHttpServer(config.server, requestHandler(state, current, routes, front, life));
    const port = await front.open({ state, runtime: current, life, server });
    // Without a listener a failed accept (no file descriptors left) would end the process.
    server.on("error", (error) => logger.error({ error }, "a connection could not be accepted"));
    life.phase = "running";
    const { host } = config.server;
    logger.info({ host, port, providers: [...current().gateway.providers.keys()] }, "listening");
    return toRunningRouter({ host, port, front, state, current, reloader, life, close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** One worker is this process itself: it costs nothing more. */
async function createFront({ config, logger, print }: StartOptions): Promise<Front> {
  if (workerCount(config.server.workers) === 1) return createSingleFront();
  const { createWorkersFront } = await import("./workers/workers-front.ts");
  return createWorkersFront(config, logger, print);
}

/** Serves a client's call, else a request of an operator. */
function requestHandler(
  state: ProcessState,
  current: () => Runtime,
  routes: readonly AdminRoute[],
  front: Front,
  life: ServiceLife,
): (exchange: Exchange) => void {
  const count = countRequests(state);
  return (exchange) => {
    const runtime = current();
    if (life.phase === "draining") takeLeave(life, exchange);
    if (serveClient(runtime.gateway, exchange, count)) return;
    const refreshing = front.refresh();
    const answer = (): void => {
      state.catchUp();
      void serveAdmin(routes, runtime, exchange).then((route) => countAdminRequest(state, route, exchange));
    };
    if (refreshing === null) answer();
    else void refreshing.then(answer);
  };
}

interface RunningParts {
  readonly host: string;
  readonly port: number;
  readonly front: Front;
  readonly state: ProcessState;
  readonly current: () => Runtime;
  readonly reloader: Reloader;
  readonly life: ServiceLife;
  readonly close: () => Promise<void>;
}

function toRunningRouter({ host, port, front, state, current, reloader, life, close }: RunningParts): RunningRouter {
  return {
    host,
    port,
    optimizer: () => current().optimizer,
    onBudgetEvent: (listener) => state.budgets.subscribe(listener),
    reload: () => reloader.reload(),
    gracePeriodMs: () => current().config.server.gracePeriodMs,
    drain: async () => {
      life.phase = "draining";
      void reloader.close();
      await front.drain();
    },
    close,
  };
}

function startProbes({ clock, providerHealth }: ProcessState, current: () => Runtime): ProviderProbes | null {
  const everyMs = current().config.monitoring.probeEveryMs;
  if (everyMs === null) return null;
  return new ProviderProbes({
    everyMs,
    clock,
    providers: () => current().gateway.providers.values(),
    tell: (provider, failure) => providerHealth.observeProbe(provider, failure),
  });
}
