/** Starts the router: shared state, the first runtime, the server. The one place where everything is wired. */
import type { Server } from "node:http";
import { metricsRoutes } from "../admin/metrics-route.ts";
import { operationsRoutes } from "../admin/operations.ts";
import { probeRoutes } from "../admin/probes.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import type { Logger } from "../core/logging.ts";
import { programVersion } from "../core/version.ts";
import { createCallerLimiter } from "../gateway/caller-limits.ts";
import type { Exchange } from "../gateway/exchange.ts";
import { createOpenCalls } from "../gateway/open-calls.ts";
import { EnhancedMetricsSystem } from "../monitoring/metrics-system.ts";
import { createBreakerBoard } from "../providers/breaker-board.ts";
import { createAffinity } from "../routing/affinity.ts";
import { createRuntime } from "./create-runtime.ts";
import type { Runtime, SharedState } from "./create-runtime.ts";
import { createHttpServer, listen } from "./http-server.ts";
import { metricNames, metricSources } from "./metric-wiring.ts";
import { createReloader } from "./reload.ts";
import type { ReloadResult } from "./reload.ts";
import { serveClient } from "./routes.ts";
import { serveAdmin } from "./serve-admin.ts";
import { openCallsView, statusView } from "./views.ts";

export interface StartOptions {
  readonly config: Config;
  /** The file that the configuration came from, watched for changes; null for none. */
  readonly configPath: string | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  /** Reads the configuration again; without it there is nothing to reload. */
  readonly reloadConfig?: () => Promise<LoadedConfig>;
}

export interface RunningRouter {
  readonly host: string;
  readonly port: number;
  reload(): Promise<ReloadResult>;
  /** Stops accepting and resolves when the calls in flight are over, or their grace period is. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with Error in words for people, or with the system's error where it cannot listen. */
export async function startRouter(options: StartOptions): Promise<RunningRouter> {
  const { config, logger } = options;
  const metrics = new EnhancedMetricsSystem({
    logger,
    version: programVersion(),
    userLabelLimit: config.monitoring.userLabelLimit,
  });
  const shared = createSharedState(config, logger, metrics);
  let runtime = await createRuntime(config, options.environment, shared);
  requireKeysBeyondLoopback(runtime);
  metrics.configure(metricNames(runtime));
  metrics.connect(metricSources(() => runtime));
  const reloader = createReloader(options, shared, (next) => {
    const old = runtime;
    runtime = next;
    metrics.configure(metricNames(next));
    void old.close();
  });
  let phase: "starting" | "running" | "draining" = "starting";
  const routes = [
    ...probeRoutes({
      version: programVersion(),
      isStarted: () => phase !== "starting",
      isDraining: () => phase === "draining",
      uptimeSeconds: () => process.uptime(),
      callsInFlight: () => shared.openCalls.count(),
      parts: () => [],
    }),
    ...metricsRoutes({ answerScrape: (accept) => metrics.answerScrape(accept) }),
    ...operationsRoutes({
      reload: () => reloader.reload(),
      status: () => statusView(runtime, options.configPath),
      connections: () => openCallsView(runtime),
      breakers: () =>
        shared.breakers.states(shared.clock.nowMs()).map((state) => ({ ...state, target: { ...state.target } })),
      resetBreaker: (name) => shared.breakers.reset(name, shared.clock.nowMs()),
    }),
  ];
  const server = createHttpServer(config.server, (exchange: Exchange) => {
    if (!serveClient(runtime.gateway, exchange)) void serveAdmin(routes, runtime, exchange);
  });
  const port = await listen(server, config.server.host, config.server.port);
  phase = "running";
  logger.info({ host: config.server.host, port, providers: [...runtime.gateway.providers.keys()] }, "listening");
  return {
    host: config.server.host,
    port,
    reload: () => reloader.reload(),
    drain: async () => {
      phase = "draining";
      reloader.close();
      await drain(server, shared, runtime.config.server.gracePeriodMs);
    },
    close: async () => {
      reloader.close();
      server.closeAllConnections();
      server.close();
      shared.openCalls.stop();
      await runtime.close();
      metrics.close();
    },
  };
}

function createSharedState(config: Config, logger: Logger, metrics: EnhancedMetricsSystem): SharedState {
  return {
    clock: systemClock,
    random: Math.random,
    logger,
    openCalls: createOpenCalls(
      { maxCalls: config.server.maxCalls, pingAfterMs: config.stream.pingAfterMs },
      systemClock,
    ),
    limiter: createCallerLimiter(),
    breakers: createBreakerBoard({
      settings: config.breaker,
      onEvent: (event) => logger.warn({ ...event }, "a circuit breaker changed its state"),
    }),
    affinity: createAffinity(config.routing.affinity),
    recordSinks: [(record) => metrics.observeCall(record)],
  };
}

/** Without keys anybody who reaches the port would spend the operator's money. */
function requireKeysBeyondLoopback({ config, hasKeys }: Runtime): void {
  const { host } = config.server;
  if (hasKeys || host === "localhost" || host === "::1" || host.startsWith("127.")) return;
  throw new Error(
    `server.host is ${host}, which others can reach, and no key is configured: make one by \`ccr keys create\`, or listen on 127.0.0.1`,
  );
}

/** New connections are refused from here on; those that are open may finish their calls. */
async function drain(server: Server, { openCalls }: SharedState, graceMs: number): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await openCalls.drain(graceMs);
}
