/**
 * Repricing: what history would have cost under the price book as it is now, each call at the prices of its own date.
 *
 * A dry run only tells the difference. Otherwise every changed call gets a correction row; the call's own row stays.
 * Running it again finds nothing to change.
 */
import type { NanoUsd } from "../core/money.ts";
import { isServedByCache } from "../core/record.ts";
import { formatTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import type { Usage } from "../core/usage.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import type { Correction, Ledger, LedgerEntry, RecordFilter } from "./ledger/ledger.ts";
import type { PriceBook } from "./prices/price-book.ts";
import { pricesOfUsage } from "./prices/prices-of-usage.ts";

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
  /** Left as they are: nobody knows any more what kind of provider it was. */
  readonly leftCalls: number;
  /** The providers of those, which are no longer configured. */
  readonly leftProviders: readonly string[];
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
  const leftProviders = new Set<string>();
  let [calls, changedCalls, corrections, leftCalls, beforeNanoUsd, afterNanoUsd] = [0, 0, 0, 0, 0n, 0n];
  let cursor: string | null = null;
  do {
    const page = await ledger.records(request.filter, { limit: pageSize, cursor });
    cursor = page.nextCursor;
    const changes: Correction[] = [];
    for (const entry of page.entries) {
      const paid = paidOf(entry);
      if (paid === null) continue;
      const { provider, model } = paid.target;
      if (!priceBook.knowsProvider(provider)) {
        leftCalls += 1;
        leftProviders.add(provider);
        continue;
      }
      const correction = correctionOf(entry, paid, priceBook, request);
      calls += 1;
      beforeNanoUsd += BigInt(correction.fromNanoUsd);
      afterNanoUsd += BigInt(correction.toNanoUsd);
      if (correction.fromNanoUsd === correction.toNanoUsd) continue;
      changedCalls += 1;
      changes.push(correction);
      const key = formatTarget(paid.target);
      const target = targets.get(key) ?? { provider, model, changedCalls: 0, differenceNanoUsd: 0n };
      target.changedCalls += 1;
      target.differenceNanoUsd += BigInt(correction.toNanoUsd) - BigInt(correction.fromNanoUsd);
      targets.set(key, target);
    }
    if (!request.isDryRun && changes.length > 0) corrections += await ledger.correct(changes);
  } while (cursor !== null);
  const byTarget = [...targets.values()].sort((a, b) => compare(size(b.differenceNanoUsd), size(a.differenceNanoUsd)));
  const left = { leftCalls, leftProviders: [...leftProviders].sort() };
  return { calls, changedCalls, beforeNanoUsd, afterNanoUsd, corrections, ...left, byTarget };
}

interface PaidTokens {
  readonly target: Target;
  readonly usage: Usage;
  readonly costNanoUsd: NanoUsd;
}

/** null where no tokens were paid for (no target, answer cache). */
function paidOf({ record, costNanoUsd }: LedgerEntry): PaidTokens | null {
  const { target, usage } = record;
  if (costNanoUsd === null || usage === null || target === null || isServedByCache(record)) return null;
  return { target, usage, costNanoUsd };
}

/** From what a call costs to what it would. */
function correctionOf(
  { record }: LedgerEntry,
  { target, usage, costNanoUsd }: PaidTokens,
  priceBook: PriceBook,
  request: RepriceRequest,
): Correction {
  const prices = pricesOfUsage(priceBook, { target, atMs: record.startedAtMs, usage, serviceTier: record.serviceTier });
  return {
    callId: record.id,
    atMs: request.nowMs,
    fromNanoUsd: costNanoUsd,
    toNanoUsd: costOfUsage(usage, prices).nanoUsd,
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
