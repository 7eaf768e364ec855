/**
 * What runs at this moment, as operators and metrics ask for it: calls, sockets, breakers, credentials, answers kept. A
 * router of one process reads it from its own parts; one of several workers from what they tell.
 */
import type { AnswerCacheStats } from "../../cache/answer-cache.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { formatTarget } from "../../core/target.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { OpenCall } from "../../gateway/open-call.ts";
import type { OpenCalls } from "../../gateway/open-calls.ts";
import { traceIdFromCallId } from "../../monitoring/trace-id.ts";
import type { RunningTrace } from "../../monitoring/tracing/trace-store.ts";
import type { BreakerOverview } from "../../providers/breaker-board.ts";
import type { CredentialState } from "../../providers/provider.ts";
import type { UpstreamStats } from "../../providers/upstream/upstream.ts";

export interface ProviderUpstream extends UpstreamStats {
  readonly provider: string;
}

export interface LiveParts {
  callsInFlight(): number;
  calls(): readonly JsonObject[];
  runningTraces(): Iterable<RunningTrace>;
  upstreams(): readonly ProviderUpstream[];
  /** Calls that are at a provider or on their way, for every provider. */
  callsByProvider(): ReadonlyMap<string, number>;
  breakers(): readonly BreakerOverview[];
  credentials(provider: string): readonly CredentialState[];
  cacheStats(): AnswerCacheStats;
}

/** The parts of this process. */
export function ownLiveParts(gateway: () => Gateway, cacheStats: () => AnswerCacheStats): LiveParts {
  return {
    callsInFlight: () => gateway().openCalls.count(),
    calls: () => {
      const { openCalls, clock } = gateway();
      const now = clock.monotonicMs();
      return [...openCalls.list()].map((call) => viewCall(call, now));
    },
    runningTraces: () => runningTraces(gateway().openCalls),
    upstreams: () =>
      [...gateway().providers.values()].map((provider) => ({
        provider: provider.name,
        ...provider.upstream.stats(),
      })),
    callsByProvider: () => {
      const counts = new Map([...gateway().providers.keys()].map((name) => [name, 0]));
      for (const { prepared } of gateway().openCalls.list()) {
        if (prepared !== null) counts.set(prepared.provider.name, (counts.get(prepared.provider.name) ?? 0) + 1);
      }
      return counts;
    },
    breakers: () => gateway().breakers.states(gateway().clock.nowMs()),
    credentials: (name) => gateway().providers.get(name)?.credentials.states(gateway().clock.nowMs()) ?? [],
    cacheStats,
  };
}

/** The calls in flight as running traces. */
function* runningTraces(openCalls: OpenCalls): Iterable<RunningTrace> {
  for (const call of openCalls.list()) {
    yield {
      callId: call.id,
      traceId: call.traceParent?.traceId ?? traceIdFromCallId(call.id, call.startedAtMs),
      startedAtMs: call.startedAtMs,
      endpoint: call.endpoint,
      user: call.caller?.user ?? "",
      askedModel: call.request?.askedModel ?? null,
      target: call.prepared === null ? null : formatTarget(call.prepared.target),
    };
  }
}

/** One of `/debug/connections`. `now` on the monotonic clock. */
function viewCall(call: OpenCall, now: number): JsonObject {
  return {
    id: call.id,
    endpoint: call.endpoint,
    user: call.caller?.user ?? null,
    asked_model: call.request?.askedModel ?? null,
    target: call.prepared === null ? null : formatTarget(call.prepared.target),
    state: stateOf(call),
    age_ms: Math.round(now - call.startedAt),
    attempts: call.attempts.length,
    request_bytes: call.request?.bytes.length ?? 0,
    answer_bytes: call.exchange.bytesWritten,
  };
}

function stateOf(call: OpenCall): string {
  if (call.headSentAt !== null) return "streaming";
  if (call.prepared !== null) return "waiting for the provider";
  return call.request === null ? "receiving" : "planning";
}
