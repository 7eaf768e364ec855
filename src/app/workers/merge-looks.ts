/** What runs in all workers together. Pure. */
import type { AnswerCacheStats } from "../../cache/answer-cache.ts";
import type { StoreStats } from "../../cache/answer-store.ts";
import type { BreakerOverview } from "../../providers/breaker-board.ts";
import type { CredentialState } from "../../providers/provider.ts";
import type { LiveParts, ProviderUpstream } from "../process/live-parts.ts";
import type { WorkerLook } from "./messages.ts";

/** `own`: the parent's, which serves no calls, for what no worker has told yet. */
export function mergeLooks(looks: () => readonly WorkerLook[], own: LiveParts): LiveParts {
  return {
    callsInFlight: () => sum(looks().map((look) => look.callsInFlight)),
    calls: () => looks().flatMap((look) => look.calls),
    runningTraces: () => looks().flatMap((look) => look.traces),
    upstreams: () => mergeUpstreams(looks().flatMap((look) => look.upstreams)),
    callsByProvider: () => {
      const counts = new Map(own.callsByProvider());
      for (const look of looks()) {
        for (const [name, count] of look.callsByProvider) counts.set(name, (counts.get(name) ?? 0) + count);
      }
      return counts;
    },
    breakers: () => mergeBreakers(looks().flatMap((look) => look.breakers)),
    credentials: (provider) =>
      mergeCredentials(
        looks().flatMap((look) => look.credentials.find(([name]) => name === provider)?.[1] ?? []),
        own.credentials(provider),
      ),
    cacheStats: () =>
      looks()
        .map((look) => look.cache)
        .reduce(mergeCaches, own.cacheStats()),
  };
}

function mergeUpstreams(all: readonly ProviderUpstream[]): readonly ProviderUpstream[] {
  return [...Map.groupBy(all, ({ provider }) => provider)].map(([provider, ones]) => ({
    provider,
    sockets: sum(ones.map(({ sockets }) => sockets)),
    running: sum(ones.map(({ running }) => running)),
    queued: sum(ones.map(({ queued }) => queued)),
    certificateExpiresAtMs: ones.reduce<number | null>(
      (earliest, { certificateExpiresAtMs: at }) =>
        earliest === null || (at !== null && at < earliest) ? at : earliest,
      null,
    ),
  }));
}

const severity: Readonly<Record<BreakerOverview["kind"], number>> = { closed: 0, "half-open": 1, open: 2 };

/** The worst state of each, with the counts of all. */
function mergeBreakers(all: readonly BreakerOverview[]): readonly BreakerOverview[] {
  return [...Map.groupBy(all, ({ name }) => name).values()].map((ones) => {
    const worst = ones.reduce((a, b) => (severity[b.kind] > severity[a.kind] ? b : a));
    return {
      ...worst,
      calls: sum(ones.map(({ calls }) => calls)),
      failures: sum(ones.map(({ failures }) => failures)),
      failuresInARow: Math.max(...ones.map(({ failuresInARow }) => failuresInARow)),
    };
  });
}

/** A key rests as long as any worker lets it rest. */
function mergeCredentials(
  all: readonly CredentialState[],
  none: readonly CredentialState[],
): readonly CredentialState[] {
  if (all.length === 0) return none;
  return [...Map.groupBy(all, ({ name }) => name).values()].map((ones) =>
    ones.reduce((a, b) => {
      const longer = (b.coolingUntilMs ?? 0) > (a.coolingUntilMs ?? 0) ? b : a;
      const freeShare = Math.min(a.freeShare, b.freeShare);
      return { ...longer, freeShare, lastStatus: longer.lastStatus ?? a.lastStatus ?? b.lastStatus };
    }),
  );
}

function mergeCaches(a: AnswerCacheStats, b: AnswerCacheStats): AnswerCacheStats {
  const l1 = mergeLevels(a.l1, b.l1);
  const l2 = a.l2 === null || b.l2 === null ? (a.l2 ?? b.l2) : mergeLevels(a.l2, b.l2);
  const lookups = l1.hits + l1.misses;
  return {
    hitRatio: lookups === 0 ? null : (l1.hits + (l2?.hits ?? 0)) / lookups,
    l1,
    l2,
    flights: {
      open: a.flights.open + b.flights.open,
      joinedCalls: a.flights.joinedCalls + b.flights.joinedCalls,
      heldBytes: a.flights.heldBytes + b.flights.heldBytes,
    },
    savedNanoUsd: a.savedNanoUsd + b.savedNanoUsd,
  };
}

function mergeLevels(a: StoreStats, b: StoreStats): StoreStats {
  const [ofA, ofB] = [a.hits + a.misses, b.hits + b.misses];
  const timed = [a, b].filter(({ averageLookupMs }) => averageLookupMs !== null);
  const lookups = sum(timed.map(({ hits, misses }) => hits + misses));
  return {
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    evictions: a.evictions + b.evictions,
    errors: a.errors + b.errors,
    entries: plus(a.entries, b.entries),
    bytes: plus(a.bytes, b.bytes),
    averageLookupMs:
      lookups === 0
        ? (a.averageLookupMs ?? b.averageLookupMs)
        : ((a.averageLookupMs ?? 0) * ofA + (b.averageLookupMs ?? 0) * ofB) / lookups,
  };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
