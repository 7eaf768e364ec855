/** What each part of monitoring does for a finished call, by itself. */
import { openSync } from "node:fs";
import { observeSteps } from "../../src/app/process/create-monitoring.ts";
import { noLimits } from "../../src/core/caller.ts";
import { systemClock } from "../../src/core/time/clock.ts";
import { createCallId } from "../../src/core/ids.ts";
import { BufferedOutput } from "../../src/core/log/log-output.ts";
import { StructuredLogger } from "../../src/core/log/logging.ts";
import { stepNames } from "../../src/core/record.ts";
import type { CallRecord, StepName, StepRecord } from "../../src/core/record.ts";
import { zeroUsage } from "../../src/core/usage.ts";
import { createCallLog } from "../../src/monitoring/call-log.ts";
import { ProviderHealthTracker } from "../../src/monitoring/health/provider-health.ts";
import { EnhancedMetricsSystem } from "../../src/monitoring/metrics-system.ts";
import { PerformanceMonitor } from "../../src/monitoring/performance/performance-monitor.ts";
import { QualityTracker } from "../../src/monitoring/quality/quality-tracker.ts";
import { CallTracing } from "../../src/monitoring/tracing/call-tracing.ts";
import type { Step } from "./step.ts";

const target = { provider: "anthropic", model: "claude-sonnet-5" };
const prices = {
  uncachedInput: 3_000_000,
  cacheRead: 300_000,
  cacheWrite5m: 3_750_000,
  cacheWrite1h: 6_000_000,
  output: 15_000_000,
  serverToolRequest: 0,
  source: "catalog",
} as const;

/** A call of a session among a thousand users. */
function record(serial: number): CallRecord {
  const step = (name: StepName, startedAfterMs: number): StepRecord => ({ name, startedAfterMs, durationMs: 0.02 });
  return {
    id: createCallId(Date.now()),
    startedAtMs: 1_700_000_000_000 + serial,
    durationMs: 2_010,
    firstByteMs: 504,
    providerMs: 2_000,
    endpoint: "messages",
    dialect: "anthropic-messages",
    caller: {
      user: `user-${serial % 1_000}`,
      team: "core",
      tier: "standard",
      keyId: "k1",
      allowedModels: null,
      limits: noLimits,
    },
    client: { sessionId: `session-${serial % 5_000}`, agentId: null, parentAgentId: null, app: "cli" },
    askedModel: "sonnet",
    plan: { rule: "model", reason: "asked for", targets: [{ ...target, reason: "asked for" }] },
    attempts: [
      {
        target,
        credential: "key-1",
        startedAfterMs: 4,
        durationMs: 2_000,
        status: 200,
        errorCode: null,
        message: null,
      },
    ],
    target,
    answeredModel: "claude-sonnet-5",
    isStreaming: true,
    status: 200,
    outcome: "success",
    errorCode: null,
    errorMessage: null,
    stopReason: "end_turn",
    usage: { ...zeroUsage, uncachedInput: 100, cacheRead: 900, output: 101, reasoning: 1 },
    isUsageEstimated: false,
    cost: { nanoUsd: 2_100_000, prices },
    cacheStatus: "miss",
    requestBytes: 50_000,
    answerBytes: 9_000,
    notes: [],
    steps: stepNames.filter((name) => name !== "find-answer" && name !== "wait").map(step),
  };
}

/** A step that takes one of many records at each run. */
function perRecord(name: string, what: string, prepare: () => (record: CallRecord) => void): Step {
  return {
    name,
    what,
    prepare: () => {
      const records = Array.from({ length: 4_096 }, (_, serial) => record(serial));
      const observe = prepare();
      let next = 0;
      return () => observe(records[next++ & 4_095]!);
    },
  };
}

const text = Array.from({ length: 100 }, (_, index) => `${index * 7_919} words`).join(", ");
const answer = {
  hasEnded: true,
  stopReason: "end_turn",
  toolCalls: [],
  tools: null,
  text,
  outputCharacters: text.length,
};

export const monitoring: readonly Step[] = [
  perRecord("metrics", "all metrics of a finished call", () => {
    const metrics = new EnhancedMetricsSystem({
      configuration: { providers: ["anthropic"], targets: [target], tiers: ["standard"] },
    });
    return (one) => metrics.observeCall(one);
  }),
  perRecord("log line", "a call's line, redacted and written", () => {
    const output = new BufferedOutput(openSync("/dev/null", "a"));
    return createCallLog(new StructuredLogger({ output }));
  }),
  perRecord("provider health", "attempts into a provider's score", () => {
    const health = new ProviderHealthTracker(systemClock, () => ({ breakers: [], credentials: [] }));
    health.configure(["anthropic"]);
    return (one) => health.observe(one);
  }),
  perRecord("traces", "chosen, and one in twenty kept", () => {
    const tracing = new CallTracing({ sampleRatio: 0.05, maxKept: 500, running: () => [], otlp: null });
    return (one) => tracing.observe(one);
  }),
  perRecord("performance", "nine operations of a call", () => {
    const performance = new PerformanceMonitor();
    return (one) => observeSteps(performance, one);
  }),
  perRecord("quality", "checks of an answer of a kilobyte of text", () => {
    const quality = new QualityTracker(systemClock, new EnhancedMetricsSystem());
    return (one) => void quality.observeAnswer(one, answer, []);
  }),
];
