/**
 * The ledger: every call's record, for ever (or as long as retention says), and the sums over them.
 *
 * Rows are only ever added. A cost that turns out wrong gets a correction row beside it. Two databases stand behind
 * this interface, sqlite.ts and postgres.ts, and one conformance suite for both.
 */
import type { NanoUsd } from "../../core/money.ts";
import type { AppliedPrices, CacheStatus, CallRecord, Outcome } from "../../core/record.ts";
import type { Usage } from "../../core/usage.ts";

/** Which calls are meant. Every field that is given must fit. */
export interface RecordFilter {
  /** Started at or after, Unix milliseconds. */
  readonly fromMs?: number | undefined;
  /** Started before. */
  readonly toMs?: number | undefined;
  readonly id?: string | undefined;
  readonly user?: string | undefined;
  readonly team?: string | undefined;
  readonly tier?: string | undefined;
  readonly keyId?: string | undefined;
  readonly askedModel?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly cacheStatus?: CacheStatus | undefined;
  readonly isUsageEstimated?: boolean | undefined;
}

/** A call as the ledger has it. */
export interface LedgerEntry {
  readonly record: CallRecord;
  /** What the call cost after all corrections; null where it never had a cost. */
  readonly costNanoUsd: NanoUsd | null;
  readonly corrections: readonly Correction[];
}

export interface Correction {
  /** When it was made, Unix milliseconds. */
  readonly atMs: number;
  readonly callId: string;
  /** Cost before and after; the difference is what sums gain. */
  readonly fromNanoUsd: NanoUsd;
  readonly toNanoUsd: NanoUsd;
  readonly prices: AppliedPrices;
  /** In words: who or what asked for it. */
  readonly reason: string;
}

export interface RecordPage {
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
  /** Hand it back for the next page; null at the end. */
  readonly nextCursor: string | null;
}

/** What sums can be grouped by. `day`, `hour`: Unix milliseconds of their UTC start, as text; `hourOfDay`: 0 to 23. */
export type SumDimension =
  | "user"
  | "team"
  | "tier"
  | "key"
  | "askedModel"
  | "model"
  | "provider"
  | "session"
  | "day"
  | "hour"
  | "hourOfDay";

/** Filters that sums know: those of the roll-ups. */
export type SumFilter = Pick<
  RecordFilter,
  "user" | "team" | "tier" | "keyId" | "askedModel" | "provider" | "model" | "sessionId"
>;

export interface SumQuery {
  /** Rounded down to the hour (to the UTC day where sessions are meant). */
  readonly fromMs: number;
  /** Rounded up likewise. */
  readonly toMs: number;
  /** Empty: one row for all. */
  readonly by: readonly SumDimension[];
  readonly filter?: SumFilter | undefined;
  /** Largest cost first; default 10,000. */
  readonly limit?: number | undefined;
}

/** Sums over calls (token counting apart). Money is 64-bit: years of an organisation fit. */
export interface Sums {
  readonly calls: number;
  /** Ended as error, aborted or cut. */
  readonly failedCalls: number;
  readonly estimatedCalls: number;
  /** Served by the answer cache or a joined call. */
  readonly cachedCalls: number;
  readonly usage: Usage;
  readonly costNanoUsd: bigint;
  /** The part of the cost that went to calls that failed. */
  readonly failedCostNanoUsd: bigint;
  readonly savedByAnswerCacheNanoUsd: bigint;
  readonly savedByPromptCacheNanoUsd: bigint;
  readonly savedByRoutingNanoUsd: bigint;
  /** Totals, for averages: divide by `calls` and `firstByteCalls`. */
  readonly durationMs: number;
  readonly firstByteMs: number;
  readonly firstByteCalls: number;
}

export interface SumRow extends Sums {
  /** The group: one text for each dimension asked for; "" where a call has none. */
  readonly group: Readonly<Partial<Record<SumDimension, string>>>;
}

/** `degraded`: the database cannot be written; calls go on, rows wait. */
export interface LedgerHealth {
  readonly state: "ok" | "degraded";
  /** Rows in memory that the database does not have yet. */
  readonly waitingRows: number;
  /** Rows in the spill file; 0 where there is none. */
  readonly spilledRows: number;
  /** Rows given up because every bound was reached, since the start. Anything but 0 is an incident. */
  readonly lostRows: number;
  readonly writtenRows: number;
  /** Writes to the database that failed, since the start; their rows waited and were tried again. */
  readonly failedWrites: number;
  readonly lastError: string | null;
  /** Unix milliseconds since when it is degraded. */
  readonly sinceMs: number | null;
}

/** Rows that other parts of the program keep in the ledger's database (spend limits). */
export interface LedgerTables {
  query(sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** All statements or none. */
  write(statements: readonly SqlStatement[]): Promise<void>;
}

export interface SqlStatement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export type SqlValue = string | number | bigint | null;
export type SqlRow = Readonly<Record<string, unknown>>;

export interface Ledger {
  /**
   * Hands a record over. Never throws, never waits: it is in the journal before the event loop turns again, and in the
   * database soon after, off the call's path.
   */
  append(record: CallRecord): void;
  /**
   * Waits until all rows handed over so far are written: true; or until a write has failed: false. Before the first
   * call it waits until the ledger is ready, and what a killed process left in the journal is written.
   */
  flush(): Promise<boolean>;
  /** Rejects with Error where the database cannot be read. `limit` at most 1,000, default 100. */
  records(
    filter: RecordFilter,
    page?: { readonly limit?: number; readonly cursor?: string | null },
  ): Promise<RecordPage>;
  sums(query: SumQuery): Promise<readonly SumRow[]>;
  /** What calls have cost, corrections counted, that started from `fromMs` (a full hour) until before `toMs`, to the millisecond. */
  spent(query: Pick<SumQuery, "fromMs" | "toMs" | "filter">): Promise<bigint>;
  /**
   * Adds correction rows and carries the differences into the sums, all or none. A correction whose `fromNanoUsd` is
   * no longer the call's cost is left out. Answers how many were made.
   */
  correct(corrections: readonly Correction[]): Promise<number>;
  /** Retention: removes calls that started before, with their sums. Answers how many. Works in small steps. */
  removeBefore(beforeMs: number): Promise<number>;
  health(): LedgerHealth;
  readonly tables: LedgerTables;
  /** Writes what waits, then closes. */
  close(): Promise<void>;
}
