/** The ledger's calls as recommendations look at them: few fields, so that many fit into memory. */
import type { NanoUsd } from "../../core/money.ts";
import { isServedByCache } from "../../core/record.ts";
import type { AppliedPrices, CacheStatus, CallRecord, Outcome } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import { ownUsage } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import type { Ledger, LedgerEntry, RecordFilter } from "../../costs/ledger/ledger.ts";

export interface LedgerCall {
  readonly startedAtMs: number;
  readonly user: string;
  readonly askedModel: string;
  /** Session, agent and asked model; null without a session. */
  readonly conversation: string | null;
  readonly rule: string | null;
  readonly target: Target | null;
  /** Of the asked model alone: what further models used changes with no target and no cache. */
  readonly usage: Usage | null;
  readonly prices: AppliedPrices | null;
  /** After all corrections. */
  readonly costNanoUsd: NanoUsd;
  readonly outcome: Outcome;
  readonly errorCode: CallRecord["errorCode"];
  readonly cacheStatus: CacheStatus;
  readonly isStreaming: boolean;
  readonly requestBytes: number;
}

/** Most calls that are looked at: some 20 MB. */
const mostCalls = 50_000;

/**
 * The calls of `filter`, token counting apart, oldest first; of more than `mostCalls` the newest. Rejects where the ledger
 * cannot be read.
 */
export async function readLedgerCalls(
  ledger: Pick<Ledger, "records">,
  filter: RecordFilter,
): Promise<readonly LedgerCall[]> {
  const calls: LedgerCall[] = [];
  let cursor: string | null = null;
  do {
    const page = await ledger.records(filter, { limit: 1_000, cursor });
    for (const entry of page.entries) if (entry.record.endpoint !== "count-tokens") calls.push(toLedgerCall(entry));
    cursor = page.nextCursor;
  } while (cursor !== null && calls.length < mostCalls);
  return calls.toReversed();
}

/** The fields of an entry that matter here. */
function toLedgerCall({ record, costNanoUsd, corrections }: LedgerEntry): LedgerCall {
  const { sessionId, agentId } = record.client;
  return {
    startedAtMs: record.startedAtMs,
    user: record.caller.user,
    askedModel: record.askedModel,
    conversation: sessionId === null ? null : `${sessionId}\0${agentId ?? ""}\0${record.askedModel}`,
    rule: record.plan?.rule ?? null,
    target: record.target,
    usage: record.usage === null ? null : ownUsage(record.usage),
    prices: corrections.at(-1)?.prices ?? record.cost?.prices ?? null,
    costNanoUsd: costNanoUsd ?? 0,
    outcome: record.outcome,
    errorCode: record.errorCode,
    cacheStatus: record.cacheStatus,
    isStreaming: record.isStreaming,
    requestBytes: record.requestBytes,
  };
}

/** A call that a provider served and charged for. */
export interface PaidCall extends LedgerCall {
  readonly target: Target;
  readonly usage: Usage;
  readonly prices: AppliedPrices;
}

export function isPaid(call: LedgerCall): call is PaidCall {
  const { target, usage, prices } = call;
  return target !== null && usage !== null && prices !== null && !isServedByCache(call);
}
