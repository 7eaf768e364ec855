/**
 * Spend limits: caps that are set at run time, with an audit trail (spend-limit-json.ts has their JSON, spend-limit-row.ts
 * their rows).
 *
 * A user's limit holds for that user. A group's (here: a team's) or the organisation's is a default for each of its
 * seats. A cap (`/api/budgets`) stands in for one of the configuration's: for a whole team, a key, all together. An
 * amount of null says on purpose that there is no cap. Kept in the ledger's database, so every router on it
 * sees the same ones; each has a copy in memory, since every call asks.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../core/time/clock.ts";
import { nanoPerCent } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { CapChange } from "../budgets/caps/cap-changes.ts";
import { seatCapFor } from "../budgets/caps/caps.ts";
import type { SeatCap } from "../budgets/caps/caps.ts";
import { budgetPeriods } from "../budgets/caps/windows.ts";
import type { LedgerTables, SqlStatement } from "../ledger/ledger.ts";
import {
  isSameScope,
  removeStatement,
  setStatement,
  toSpendLimit,
  toSpendLimitChange,
  traceStatement,
} from "./spend-limit-row.ts";
import type { SpendLimit, SpendLimitChange, SpendLimitRequest } from "./spend-limit.ts";

/**
 * Another answer after each change: one made here leaves a line in the trail, and the rest tells most that are made by hand.
 * To read ten thousand limits again each time would hold up calls for tens of milliseconds.
 */
const revisionSql = `SELECT (SELECT COUNT(*) FROM spend_limit_audit) AS changes, COUNT(*) AS limits,
  SUM(amount_cents) AS cents, MAX(updated_at_ms) AS changed_ms FROM spend_limits`;

/** Limits over the ledger's tables; empty until the first `refresh`. `createId` gives the part after `spl_`. */
export class SpendLimits {
  readonly #tables: LedgerTables;
  readonly #clock: Clock;
  readonly #createId: () => string;
  /** Of `#limits`; "" before the first read. */
  #revision = "";
  #limits: readonly SpendLimit[] = [];
  #seatLimits: readonly SpendLimit[] = [];
  #seatCaps: readonly SeatCap[] = [];
  #capChanges: readonly CapChange[] = [];
  /** Fulfilled after the last change: each is told from what the one before it left. */
  #changed: Promise<unknown> = Promise.resolve();
  /** One at a time: of a database that holds it up, each would keep a connection from the ledger's rows. */
  #refreshing: Promise<void> = Promise.resolve();
  /** Shared by all who ask while one is under way, which may not see what was written since it began. */
  #nextRefresh: Promise<void> | null = null;

  constructor(tables: LedgerTables, clock: Clock, createId: () => string) {
    this.#tables = tables;
    this.#clock = clock;
    this.#createId = createId;
  }

  /** Reads what other routers changed. Rejects where the database cannot be read; the copy in memory stays. */
  refresh(): Promise<void> {
    this.#nextRefresh ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        this.#nextRefresh = null;
        this.#refreshing = this.#read();
        return this.#refreshing;
      });
    return this.#nextRefresh;
  }

  async #read(): Promise<void> {
    // Before the rows: a change in between is seen the next time.
    const [found = {}] = await this.#tables.query(revisionSql, []);
    const revision = Object.values(found).join(" ");
    if (revision === this.#revision) return;
    const rows = await this.#tables.query("SELECT * FROM spend_limits ORDER BY created_at_ms, id", []);
    this.#revision = revision;
    const limits = rows.map(toSpendLimit);
    if (isDeepStrictEqual(limits, this.#limits)) return;
    this.#limits = limits;
    this.#seatLimits = limits.filter((limit) => limit.scope.type !== "cap");
    this.#seatCaps = this.#seatLimits.map(toSeatCap);
    this.#capChanges = limits.flatMap(toCapChange);
  }

  list(): readonly SpendLimit[] {
    return this.#limits;
  }

  get(id: string): SpendLimit | undefined {
    return this.#limits.find((limit) => limit.id === id);
  }

  /** Creates, or changes the one of the same scope and period. */
  set(request: SpendLimitRequest, actor: string): Promise<SpendLimit> {
    return this.#afterOthers(async () => {
      const updatedAtMs = this.#clock.nowMs();
      const present = this.#find(request);
      const limit: SpendLimit =
        present === undefined
          ? { ...request, id: `spl_${this.#createId()}`, createdAtMs: updatedAtMs, updatedAtMs }
          : { ...present, amountCents: request.amountCents, updatedAtMs };
      const { id, scope, period, amountCents: toCents } = limit;
      const about = { atMs: updatedAtMs, actor, limitId: id, scope, period };
      const action = present === undefined ? "create" : "update";
      const fromCents = present?.amountCents ?? null;
      await this.#write(setStatement(limit), { ...about, action, fromCents, toCents });
      return this.#find(request) ?? limit;
    });
  }

  /** False where there is none. */
  remove(id: string, actor: string): Promise<boolean> {
    return this.#afterOthers(async () => {
      const limit = this.get(id);
      if (limit === undefined) return false;
      const { scope, period, amountCents: fromCents } = limit;
      const about = { atMs: this.#clock.nowMs(), actor, limitId: id, scope, period };
      await this.#write(removeStatement(id), { ...about, action: "delete", fromCents, toCents: null });
      return true;
    });
  }

  /** Writes both or neither, and reads what is there by then. */
  async #write(statement: SqlStatement, change: SpendLimitChange): Promise<void> {
    await this.#tables.write([statement, traceStatement(change)]);
    await this.refresh();
  }

  #find({ scope, period }: SpendLimitRequest): SpendLimit | undefined {
    return this.#limits.find((limit) => limit.period === period && isSameScope(limit.scope, scope));
  }

  /** Changes one after another, each on what is there by then. */
  #afterOthers<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#changed.then(async () => {
      await this.refresh();
      return change();
    });
    this.#changed = done.catch(() => undefined);
    return done;
  }

  /** The limits that hold for a user, one for each period that has one. */
  effective(user: string, team: string | null): readonly SpendLimit[] {
    return budgetPeriods.flatMap((period) => {
      const cap = seatCapFor(this.#seatCaps, { user, team }, period);
      return cap === undefined ? [] : (this.#seatLimits[this.#seatCaps.indexOf(cap)] ?? []);
    });
  }

  /** Changes, newest first. */
  async audit(limit: number): Promise<readonly SpendLimitChange[]> {
    const rows = await this.#tables.query("SELECT * FROM spend_limit_audit ORDER BY seq DESC LIMIT ?", [limit]);
    return rows.map(toSpendLimitChange);
  }

  /** For `bucketsFor`: the same array until something changes. */
  seatCaps(): readonly SeatCap[] {
    return this.#seatCaps;
  }

  /** For `withCapChanges`: the same array until something changes. */
  capChanges(): readonly CapChange[] {
    return this.#capChanges;
  }
}

function toSeatCap(limit: SpendLimit): SeatCap {
  const { scope, period, amountCents } = limit;
  const limitNanoUsd = nanoUsdOf(amountCents);
  if (scope.type === "user") return { scope: "user", id: scope.userId, period, limitNanoUsd };
  if (scope.type === "rbac_group") return { scope: "team", id: scope.groupId, period, limitNanoUsd };
  return { scope: "all", id: "", period, limitNanoUsd };
}

function toCapChange({ scope, period, amountCents }: SpendLimit): CapChange[] {
  if (scope.type !== "cap") return [];
  return [{ scope: scope.scope, id: scope.id, period, limitNanoUsd: nanoUsdOf(amountCents) }];
}

function nanoUsdOf(amountCents: number | null): NanoUsd | null {
  return amountCents === null ? null : amountCents * nanoPerCent;
}
