/**
 * What runs at this moment, as operators and metrics ask for it: calls, sockets, breakers, credentials, answers kept. A
 * router of one process reads it from its own parts; one of several workers from what they tell.
 */
import type { AnswerCacheStats } from "../../cache/answer-cache.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { RunningTrace } from "../../monitoring/tracing/trace-store.ts";
import type { BreakerOverview } from "../../providers/breaker-board.ts";
import type { CredentialState } from "../../providers/provider.ts";
import type { UpstreamStats } from "../../providers/upstream/upstream.ts";
import { runningTraces, viewCall } from "./call-views.ts";

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
