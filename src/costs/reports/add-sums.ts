/** Sums of sums: several groups of the ledger as one. */
import { zeroUsage } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import type { Sums } from "../ledger/ledger.ts";

const noSums: Sums = {
  calls: 0,
  failedCalls: 0,
  estimatedCalls: 0,
  cachedCalls: 0,
  usage: zeroUsage,
  costNanoUsd: 0n,
  failedCostNanoUsd: 0n,
  savedByAnswerCacheNanoUsd: 0n,
  savedByPromptCacheNanoUsd: 0n,
  savedByRoutingNanoUsd: 0n,
  durationMs: 0,
  firstByteMs: 0,
  firstByteCalls: 0,
};

/** All of `rows` as one; zeros for none. */
export function addSums(rows: readonly Sums[]): Sums {
  return rows.reduce(addTwo, noSums);
}

function addTwo(a: Sums, b: Sums): Sums {
  return {
    calls: a.calls + b.calls,
    failedCalls: a.failedCalls + b.failedCalls,
    estimatedCalls: a.estimatedCalls + b.estimatedCalls,
    cachedCalls: a.cachedCalls + b.cachedCalls,
    usage: addUsage(a.usage, b.usage),
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
    failedCostNanoUsd: a.failedCostNanoUsd + b.failedCostNanoUsd,
    savedByAnswerCacheNanoUsd: a.savedByAnswerCacheNanoUsd + b.savedByAnswerCacheNanoUsd,
    savedByPromptCacheNanoUsd: a.savedByPromptCacheNanoUsd + b.savedByPromptCacheNanoUsd,
    savedByRoutingNanoUsd: a.savedByRoutingNanoUsd + b.savedByRoutingNanoUsd,
    durationMs: a.durationMs + b.durationMs,
    firstByteMs: a.firstByteMs + b.firstByteMs,
    firstByteCalls: a.firstByteCalls + b.firstByteCalls,
  };
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    uncachedInput: a.uncachedInput + b.uncachedInput,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    serverToolRequests: a.serverToolRequests + b.serverToolRequests,
  };
}
