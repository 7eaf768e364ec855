/** The monitoring of the process: everything that derives something from finished calls, and the tools for a closer look. */
import { hostname } from "node:os";
import { dirname } from "node:path";
import { RecentActivity } from "../../admin/recent-activity.ts";
import type { Config } from "../../config/schema.ts";
import { isStranger } from "../../core/caller.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import { programVersion } from "../../core/version.ts";
import { projectSpend } from "../../costs/budgets/announcing/budget-events.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import type { CallRequest } from "../../gateway/request/read-call.ts";
import { BudgetUse } from "../../monitoring/budget-use.ts";
import { createCallLog } from "../../monitoring/call-log.ts";
import { CpuProfiler } from "../../monitoring/process/cpu-profile.ts";
import { ProviderHealthTracker } from "../../monitoring/health/provider-health.ts";
import type { ProviderCondition } from "../../monitoring/health/provider-health.ts";
import { HeapSnapshots } from "../../monitoring/process/heap-snapshot.ts";
import { EnhancedMetricsSystem } from "../../monitoring/metrics-system.ts";
import { PerformanceMonitor } from "../../monitoring/performance/performance-monitor.ts";
import { QualityTracker } from "../../monitoring/quality/quality-tracker.ts";
import { TelemetryForwarder } from "../../monitoring/quality/telemetry-forwarder.ts";
import { TelemetryReceiver } from "../../monitoring/quality/telemetry-receiver.ts";
import type { RunningTrace } from "../../monitoring/tracing/trace-store.ts";
import { CallTracing } from "../../monitoring/tracing/call-tracing.ts";
import { FinishedCalls } from "./finished-calls.ts";
import type { FinishedCallListener, JudgedAnswer } from "./finished-calls.ts";
import { createAnswerJudge } from "./judge-answers.ts";
import { workerCount } from "./worker-count.ts";

export interface Monitoring {
  readonly metrics: EnhancedMetricsSystem;
  readonly providerHealth: ProviderHealthTracker;
  readonly tracing: CallTracing;
  readonly performance: PerformanceMonitor;
  readonly quality: QualityTracker;
  readonly budgetUse: BudgetUse;
  readonly telemetry: TelemetryReceiver;
  readonly heapSnapshots: HeapSnapshots;
  readonly profiler: CpuProfiler;
  readonly activity: RecentActivity;
  /** Takes a finished call with what its answer held. */
  readonly answerSink: (record: CallRecord, facts: AnswerFacts, request: CallRequest | null) => void;
  /** Takes a finished call of a worker. */
  readonly judgedSink: (record: CallRecord, judged: JudgedAnswer | null) => void;
  /** Brings everything here up to date with the calls that are over. */
  readonly catchUp: () => void;
  close(): Promise<void>;
}

export interface MonitoringParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly runningTraces: () => Iterable<RunningTrace>;
  /** Breakers and credentials of a provider, as they are now. */
  readonly conditionOf: (provider: string) => ProviderCondition;
  /** Prints a line for whoever sent a signal. */
  readonly print: (line: string) => void;
}

export function createMonitoring({
  config,
  logger,
  clock,
  runningTraces,
  conditionOf,
  print,
}: MonitoringParts): Monitoring {
  const { monitoring } = config;
  const metrics = new EnhancedMetricsSystem({
    logger,
    version: programVersion(),
    userLabelLimit: monitoring.userLabelLimit,
    folders: [dirname(config.ledger.sqlitePath), dirname(config.logging.file)],
  });
  const tracing = createTracing(config, logger, runningTraces);
  const quality = new QualityTracker(clock, metrics);
  const forwarder =
    monitoring.telemetryForward === null ? null : new TelemetryForwarder(monitoring.telemetryForward, logger);
  const performance = new PerformanceMonitor(undefined, { clock, logger });
  const activity = new RecentActivity();
  const logCall = createCallLog(logger);
  const finished = new FinishedCalls(
    [
      ({ record }) => metrics.observeCall(record),
      ({ record }) => logCall(record),
      keepKnown((record) => tracing.observe(record)),
      keepKnown((record) => observeSteps(performance, record)),
      keepKnown((record) => activity.observe(record)),
      createAnswerJudge(quality, clock),
    ],
    logger,
  );
  const folder = monitoring.heapSnapshotDir;
  const processes = 1 + workerCount(config.server.workers);
  const heapSnapshots = new HeapSnapshots({ folder, clock, logger, print, processes });
  return {
    metrics,
    providerHealth: new ProviderHealthTracker(clock, conditionOf),
    tracing,
    performance,
    quality,
    budgetUse: new BudgetUse(projectSpend),
    telemetry: new TelemetryReceiver((events) => void quality.observeEvents(events), forwarder, logger),
    heapSnapshots,
    profiler: new CpuProfiler(),
    activity,
    answerSink: (record, facts, request) => finished.add(record, facts, request),
    judgedSink: (record, judged) => finished.addJudged(record, judged),
    catchUp: () => finished.flush(),
    close: async () => {
      finished.flush();
      metrics.close();
      heapSnapshots.close();
      await forwarder?.close();
      await tracing.close();
    },
  };
}

/** Leaves out the calls of strangers, of which there may be any number. */
function keepKnown(observe: (record: CallRecord) => void): FinishedCallListener {
  return ({ record }) => {
    if (!isStranger(record.caller)) observe(record);
  };
}

/** Each step of a finished call as an operation, its attempts and the call itself among them. */
export function observeSteps(performance: PerformanceMonitor, record: CallRecord): void {
  const { steps = [], attempts, startedAtMs, durationMs } = record;
  const endedAtMs = Math.round(startedAtMs + durationMs);
  for (const step of steps) performance.observe(step.name, step.durationMs, step.heapBytes, endedAtMs);
  for (const attempt of attempts) performance.observe("attempt", attempt.durationMs, undefined, endedAtMs);
  performance.observe("call", durationMs, undefined, endedAtMs);
}

function createTracing({ monitoring }: Config, logger: Logger, running: () => Iterable<RunningTrace>): CallTracing {
  const { traces, otlp } = monitoring;
  const resource = { version: programVersion(), instanceId: `${hostname()}:${process.pid}` };
  return new CallTracing({
    ...traces,
    running,
    otlp: otlp === null ? null : { ...otlp, resource, logger },
  });
}
