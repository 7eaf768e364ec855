/**
 * Repricing: what history would have cost under the price book as it is now, each call at the prices of its own date.
 *
 * A dry run only tells the difference. Otherwise every changed call gets a correction row; the call's own row stays.
 * Running it again finds nothing to change.
 */
import { isServedByCache } from "../core/record.ts";
import { totalInput } from "../core/usage.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import type { Correction, Ledger, LedgerEntry, RecordFilter } from "./ledger/ledger.ts";
import type { PriceBook } from "./price-book.ts";

export interface RepriceRequest {
  /** Usually a range of time; any filter will do. */
  readonly filter: RecordFilter;
  readonly isDryRun: boolean;
  /** Kept with every correction: who asked, and why. */
  readonly reason: string;
  readonly nowMs: number;
}

export interface RepriceResult {
  /** Calls with a price, looked at. */
  readonly calls: number;
  readonly changedCalls: number;
  readonly beforeNanoUsd: bigint;
  readonly afterNanoUsd: bigint;
  /** Corrections written; 0 in a dry run. Fewer than `changedCalls` where somebody else corrected meanwhile. */
  readonly corrections: number;
  /** Where it changes, largest change first. */
  readonly byTarget: readonly RepricedTarget[];
}

export interface RepricedTarget {
  readonly provider: string;
  readonly model: string;
  readonly changedCalls: number;
  readonly differenceNanoUsd: bigint;
}

const pageSize = 500;

/** Reprices the calls of `request`, page by page: memory stays small however long the history. */
export async function reprice(ledger: Ledger, priceBook: PriceBook, request: RepriceRequest): Promise<RepriceResult> {
  const targets = new Map<
    string,
    { provider: string; model: string; changedCalls: number; differenceNanoUsd: bigint }
  >();
  let [calls, changedCalls, corrections, beforeNanoUsd, afterNanoUsd] = [0, 0, 0, 0n, 0n];
  let cursor: string | null = null;
  do {
    const page = await ledger.records(request.filter, { limit: pageSize, cursor });
    cursor = page.nextCursor;
    const changes: Correction[] = [];
    for (const entry of page.entries) {
      const correction = correctionOf(entry, priceBook, request);
      if (correction === null) continue;
      calls += 1;
      beforeNanoUsd += BigInt(correction.fromNanoUsd);
      afterNanoUsd += BigInt(correction.toNanoUsd);
      if (correction.fromNanoUsd === correction.toNanoUsd) continue;
      changedCalls += 1;
      changes.push(correction);
      const { provider = "", model = "" } = entry.record.target ?? {};
      const key = `${provider}/${model}`;
      const target = targets.get(key) ?? { provider, model, changedCalls: 0, differenceNanoUsd: 0n };
      target.changedCalls += 1;
      target.differenceNanoUsd += BigInt(correction.toNanoUsd) - BigInt(correction.fromNanoUsd);
      targets.set(key, target);
    }
    if (!request.isDryRun && changes.length > 0) corrections += await ledger.correct(changes);
  } while (cursor !== null);
  const byTarget = [...targets.values()].sort((a, b) => compare(size(b.differenceNanoUsd), size(a.differenceNanoUsd)));
  return { calls, changedCalls, beforeNanoUsd, afterNanoUsd, corrections, byTarget };
}

/** From what a call costs to what it would; null where no tokens were paid for (no target, answer cache). */
function correctionOf(entry: LedgerEntry, priceBook: PriceBook, request: RepriceRequest): Correction | null {
  const { record, costNanoUsd } = entry;
  if (costNanoUsd === null || record.usage === null || record.target === null || isServedByCache(record)) return null;
  const prices = priceBook.pricesFor(record.target, record.startedAtMs, totalInput(record.usage), record.serviceTier);
  return {
    callId: record.id,
    atMs: request.nowMs,
    fromNanoUsd: costNanoUsd,
    toNanoUsd: costOfUsage(record.usage, prices).nanoUsd,
    prices,
    reason: request.reason,
  };
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
