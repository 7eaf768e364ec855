/** The operators' API over the running parts: all of its routes. */
import type { ClearFilter } from "../../cache/answer-store.ts";
import type { Front } from "../front.ts";
import type { AdminRoute } from "../../admin/admin-route.ts";
import { alertRoutes } from "../../admin/alerts.ts";
import { cacheRoutes } from "../../admin/cache.ts";
import { guardChanges } from "../../admin/console-guard.ts";
import { overviewRoutes } from "../../admin/console-overview.ts";
import { consoleRoutes } from "../../admin/console.ts";
import { diagnosticsRoutes } from "../../admin/diagnostics.ts";
import { feedbackRoutes } from "../../admin/feedback.ts";
import { metricsRoutes } from "../../admin/metrics-route.ts";
import { monitoringRoutes } from "../../admin/monitoring.ts";
import { operationsRoutes } from "../../admin/operations.ts";
import { probeRoutes } from "../../admin/probes.ts";
import { runbookRoutes } from "../../admin/runbooks.ts";
import { managedSettingsRoute } from "../../admin/sign-in/managed-settings.ts";
import { signInRoutes } from "../../admin/sign-in/sign-in-routes.ts";
import { createSignIns } from "../../admin/sign-in/sign-ins.ts";
import { telemetryRoutes } from "../../admin/telemetry.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { programVersion } from "../../core/version.ts";
import { busiestOf } from "../../monitoring/process/cpu-profile.ts";
import { overallHealth } from "../../monitoring/health/overall-health.ts";
import { healthInputs } from "./health-inputs.ts";
import { knownNames } from "./known-names.ts";
import { moneyRoutes } from "./money-routes.ts";
import type { ServiceLife } from "../drain-server.ts";
import type { ProcessState } from "../process/process-state.ts";
import type { Runtime } from "../runtime/create-runtime.ts";
import type { LiveParts } from "../process/live-parts.ts";
import type { Reloader } from "../reload.ts";
import { resetBreaker } from "../sharing/share-breakers.ts";
import { openCallsView, statusView, thisInstance } from "./views.ts";

export interface AdminParts {
  readonly state: ProcessState;
  readonly runtime: () => Runtime;
  readonly live: LiveParts;
  readonly front: Pick<Front, "answerScrape" | "clearAnswers" | "profileWorkers" | "workers" | "writeHeapSnapshots">;
  readonly reloader: Reloader;
  readonly phase: () => ServiceLife["phase"];
  readonly configPath: string | null;
}

export function adminRoutes(parts: AdminParts): readonly AdminRoute[] {
  const { state, runtime, live, front, reloader } = parts;
  return guardChanges([
    ...consoleRoutes(),
    ...signInRoutes({
      signIns: createSignIns(state.ledger.tables, state.clock),
      hasKeys: () => runtime().keys.hasKeys,
      accepts: (key) => runtime().gateway.authenticator.accepts(key, state.clock.nowMs()),
    }),
    ...moneyRoutes(state, runtime),
    ...overviewRoutes({
      version: programVersion(),
      uptimeSeconds: () => process.uptime(),
      health: () => overallHealth(healthInputs(parts)),
      ledger: state.ledger,
      nowMs: () => state.clock.nowMs(),
      activity: (nowMs) => state.activity.read(nowMs),
      callsInFlight: () => live.callsInFlight(),
      alerts: state.alerts,
    }),
    managedSettingsRoute(() => runtime().config.claudeCode.managedSettings),
    ...probesOf(parts),
    ...metricsRoutes({ answerScrape: (accept) => front.answerScrape(state, accept) }),
    ...monitoringRoutes({
      providerHealth: () => state.providerHealth.read(),
      performance: () => state.performance.getAllStats(),
      traces: () => state.tracing.store,
    }),
    ...alertRoutes(state.alerts),
    ...runbookRoutes(),
    ...feedbackRoutes(state.quality),
    ...telemetryRoutes(state.telemetry),
    ...diagnosticsRoutes({
      writeHeapSnapshot: () => state.heapSnapshots.write(),
      workersSnapshots: () => front.writeHeapSnapshots(),
      profile: async (seconds, signal) => {
        const own = state.profiler.profile(seconds, signal);
        return busiestOf(...(await Promise.all([own, front.profileWorkers(seconds)])));
      },
    }),
    ...cacheRoutes({
      settings: () => {
        const { enabled, scope, l1 } = runtime().config.cache;
        return { enabled, scope, l1MaxBytes: l1.maxBytes * Math.max(1, front.workers().length) };
      },
      stats: () => live.cacheStats(),
      clear: (filter) => clearAnswers(parts, filter),
      knownNames: () => knownNames(state, runtime()),
    }),
    ...operationsRoutes({
      reload: () => reloader.reload(),
      status: () => statusView(runtime(), live, parts.configPath),
      connections: () => openCallsView(live),
      breakers: () => live.breakers().map((one): JsonObject => ({ ...one, target: { ...one.target } })),
      resetBreaker: (name) => resetBreaker(state.news, state.clock, state.breakers, live.breakers(), name),
    }),
  ]);
}

/** Workers are asked first: the word by which they hear of it goes out with the clearing. Redis, where there is one, has all. */
async function clearAnswers({ state, front }: AdminParts, filter: ClearFilter): Promise<number> {
  const ofWorkers = await front.clearAnswers(filter);
  const shared = await state.answerCache.clear(filter);
  return shared === 0 ? ofWorkers : shared;
}

function probesOf(parts: AdminParts): readonly AdminRoute[] {
  return probeRoutes({
    version: programVersion(),
    instance: thisInstance(),
    isStarted: () => parts.phase() !== "starting",
    isDraining: () => parts.phase() === "draining",
    uptimeSeconds: () => process.uptime(),
    callsInFlight: () => parts.live.callsInFlight(),
    inputs: () => healthInputs(parts),
    workers: () => parts.front.workers(),
  });
}
