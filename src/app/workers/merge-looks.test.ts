import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnswerCacheStats } from "../../cache/answer-cache.ts";
import type { StoreStats } from "../../cache/answer-store.ts";
import type { BreakerOverview } from "../../providers/breaker-board.ts";
import type { LiveParts } from "../process/live-parts.ts";
import { mergeLooks } from "./merge-looks.ts";
import type { WorkerLook } from "./messages.ts";

const noLevel: StoreStats = {
  hits: 0,
  misses: 0,
  evictions: 0,
  errors: 0,
  entries: 0,
  bytes: 0,
  averageLookupMs: null,
};
const noCache: AnswerCacheStats = {
  hitRatio: null,
  l1: noLevel,
  l2: null,
  flights: { open: 0, joinedCalls: 0, heldBytes: 0 },
  savedNanoUsd: 0,
};

/** The parent: it knows the providers, and serves nothing. */
const own: LiveParts = {
  callsInFlight: () => 0,
  calls: () => [],
  runningTraces: () => [],
  upstreams: () => [],
  callsByProvider: () => new Map([["openai", 0]]),
  breakers: () => [],
  credentials: () => [{ name: "default", coolingUntilMs: null, freeShare: 1, lastStatus: null }],
  cacheStats: () => noCache,
};

function lookOf(look: Partial<WorkerLook>): WorkerLook {
  const none = { callsInFlight: 0, calls: [], traces: [], upstreams: [], callsByProvider: [] };
  const metrics = {} as WorkerLook["metrics"];
  return { ...none, breakers: [], credentials: [], cache: noCache, metrics, ...look };
}

const merge = (...looks: Partial<WorkerLook>[]): LiveParts => mergeLooks(() => looks.map(lookOf), own);

function breaker(overview: Partial<BreakerOverview>): BreakerOverview {
  const target = { provider: "openai", model: "m" };
  const counts = { failuresInARow: 0, calls: 0, failures: 0 };
  return {
    name: "openai/m",
    target,
    kind: "closed",
    ...counts,
    untilMs: null,
    earlyProbeMs: null,
    reason: null,
    ...overview,
  };
}

test("calls are those of all workers; a provider without any is told with none", () => {
  const merged = merge({ callsInFlight: 2, callsByProvider: [["anthropic", 2]] }, { callsInFlight: 1 });
  assert.equal(merged.callsInFlight(), 3);
  assert.deepEqual(
    [...merged.callsByProvider()],
    [
      ["openai", 0],
      ["anthropic", 2],
    ],
  );
});

test("of a breaker the worst state is told, with the counts of all", () => {
  const [merged] = merge(
    { breakers: [breaker({ calls: 10, failures: 1, failuresInARow: 1 })] },
    { breakers: [breaker({ kind: "open", calls: 5, failures: 5, failuresInARow: 5, untilMs: 9, reason: "five" })] },
    { breakers: [breaker({ kind: "half-open" })] },
  ).breakers();
  assert.deepEqual(
    merged,
    breaker({ kind: "open", calls: 15, failures: 6, failuresInARow: 5, untilMs: 9, reason: "five" }),
  );
});

test("a key rests as long as any worker lets it rest; what no worker has told is the parent's", () => {
  const resting = { name: "default", coolingUntilMs: 50, freeShare: 0.5, lastStatus: 429 };
  const rested = { name: "default", coolingUntilMs: null, freeShare: 1, lastStatus: 200 };
  assert.deepEqual(
    merge({ credentials: [["openai", [rested]]] }, { credentials: [["openai", [resting]]] }).credentials("openai"),
    [resting],
  );
  assert.deepEqual(merge({}).credentials("openai"), own.credentials("openai"));
});

test("the cache's ratio is of all look-ups, and the average weighs each worker by its own", () => {
  const level = (hits: number, misses: number, averageLookupMs: number | null): AnswerCacheStats => ({
    ...noCache,
    l1: { ...noLevel, hits, misses, averageLookupMs },
  });
  const merged = merge({ cache: level(3, 0, 1) }, { cache: level(0, 1, 5) }).cacheStats();
  assert.equal(merged.hitRatio, 3 / 4);
  assert.equal(merged.l1.averageLookupMs, 2);
  assert.equal(merge().cacheStats().hitRatio, null);
});

test("sockets of a provider are summed, and the certificate that ends first is told", () => {
  const upstream = { provider: "openai", sockets: 2, running: 1, queued: 0 };
  const [merged] = merge(
    { upstreams: [{ ...upstream, certificateExpiresAtMs: null }] },
    { upstreams: [{ ...upstream, certificateExpiresAtMs: 70 }] },
    { upstreams: [{ ...upstream, certificateExpiresAtMs: 60 }] },
  ).upstreams();
  assert.deepEqual(merged, { provider: "openai", sockets: 6, running: 3, queued: 0, certificateExpiresAtMs: 60 });
});
