/**
 * Spend limits: caps that are set at run time, with an audit trail (spend-limit-json.ts has their JSON).
 *
 * A user's limit holds for that user. A group's (here: a team's) or the organisation's is a default for each of its
 * seats. A cap (`/api/budgets`) stands in for one of the configuration's: for a whole team, a key, all together. An
 * amount of null says on purpose that there is no cap. Kept in the ledger's database, so every router on it
 * sees the same ones; each has a copy in memory, since every call asks.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../core/time/clock.ts";
import type { MemberScope } from "../../core/member-scope.ts";
import { nanoPerCent } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { CapChange } from "../budgets/caps/cap-changes.ts";
import { seatCapFor } from "../budgets/caps/caps.ts";
import type { SeatCap } from "../budgets/caps/caps.ts";
import { budgetPeriods } from "../budgets/caps/windows.ts";
import type { BudgetPeriod } from "../budgets/caps/windows.ts";
import type { LedgerTables, SqlRow, SqlStatement, SqlValue } from "../ledger/ledger.ts";

export type SpendLimitScope =
  | { readonly type: "user"; readonly userId: string }
  | { readonly type: "rbac_group"; readonly groupId: string }
  | { readonly type: "organization" }
  /** `id` null: each member of `scope` by itself, or all together. */
  | { readonly type: "cap"; readonly scope: MemberScope; readonly id: string | null };

export interface SpendLimit {
  /** `spl_…` */
  readonly id: string;
  readonly scope: SpendLimitScope;
  readonly period: BudgetPeriod;
  /** null: no cap, on purpose. */
  readonly amountCents: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a client asks to set. */
export type SpendLimitRequest = Pick<SpendLimit, "scope" | "period" | "amountCents">;

export interface SpendLimitChange {
  readonly atMs: number;
  /** Who changed it: the name of the admin key. */
  readonly actor: string;
  readonly action: "create" | "update" | "delete";
  readonly limitId: string;
  readonly scope: SpendLimitScope;
  readonly period: BudgetPeriod;
  readonly fromCents: number | null;
  readonly toCents: number | null;
}

/** Another router may have set the same limit, or removed it, a moment ago: what is set last holds. */
const setSql = `INSERT INTO spend_limits VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope_kind, scope_id, period)
  DO UPDATE SET amount_cents = excluded.amount_cents, updated_at_ms = excluded.updated_at_ms`;

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
    const limits = rows.map(toLimit);
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
      const change: SqlStatement = { sql: setSql, parameters: toRow(limit) };
      await this.#tables.write([change, this.#trace(present ?? null, limit, actor)]);
      await this.refresh();
      return this.#find(request) ?? limit;
    });
  }

  /** False where there is none. */
  remove(id: string, actor: string): Promise<boolean> {
    return this.#afterOthers(async () => {
      const limit = this.get(id);
      if (limit === undefined) return false;
      const change: SqlStatement = { sql: "DELETE FROM spend_limits WHERE id = ?", parameters: [id] };
      await this.#tables.write([change, this.#trace(limit, null, actor)]);
      await this.refresh();
      return true;
    });
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
    return rows.map(toChange);
  }

  /** For `bucketsFor`: the same array until something changes. */
  seatCaps(): readonly SeatCap[] {
    return this.#seatCaps;
  }

  /** For `withCapChanges`: the same array until something changes. */
  capChanges(): readonly CapChange[] {
    return this.#capChanges;
  }

  /** The statement that keeps a change: written with it, or not at all. */
  #trace(from: SpendLimit | null, to: SpendLimit | null, actor: string): SqlStatement {
    const limit = to ?? from;
    if (limit === null) throw new RangeError("a change is from a limit, to a limit, or both");
    const action = from === null ? "create" : to === null ? "delete" : "update";
    const [kind, scopeId] = scopeColumns(limit.scope);
    const amounts = [from?.amountCents ?? null, to?.amountCents ?? null];
    return {
      sql: `INSERT INTO spend_limit_audit
        (at_ms, actor, action, limit_id, scope_kind, scope_id, period, from_cents, to_cents)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      parameters: [this.#clock.nowMs(), actor, action, limit.id, kind, scopeId, limit.period, ...amounts],
    };
  }
}

function isSameScope(a: SpendLimitScope, b: SpendLimitScope): boolean {
  const [kindA, idA] = scopeColumns(a);
  const [kindB, idB] = scopeColumns(b);
  return kindA === kindB && idA === idB;
}

function toRow(limit: SpendLimit): SqlValue[] {
  const { id, scope, period, amountCents, createdAtMs, updatedAtMs } = limit;
  return [id, ...scopeColumns(scope), period, amountCents, createdAtMs, updatedAtMs];
}

function scopeColumns(scope: SpendLimitScope): [kind: string, id: string] {
  if (scope.type === "user") return [scope.type, scope.userId];
  if (scope.type === "cap") return [`cap:${scope.scope}`, scope.id ?? ""];
  return [scope.type, scope.type === "rbac_group" ? scope.groupId : ""];
}

function toScope(row: SqlRow): SpendLimitScope {
  const [kind, id] = [String(row["scope_kind"]), String(row["scope_id"])];
  if (kind === "user") return { type: "user", userId: id };
  if (kind.startsWith("cap:")) return { type: "cap", scope: kind.slice(4) as MemberScope, id: id === "" ? null : id };
  return kind === "rbac_group" ? { type: "rbac_group", groupId: id } : { type: "organization" };
}

function toLimit(row: SqlRow): SpendLimit {
  return {
    id: String(row["id"]),
    scope: toScope(row),
    period: row["period"] as BudgetPeriod,
    amountCents: row["amount_cents"] === null ? null : Number(row["amount_cents"]),
    createdAtMs: Number(row["created_at_ms"]),
    updatedAtMs: Number(row["updated_at_ms"]),
  };
}

function toChange(row: SqlRow): SpendLimitChange {
  const cents = (value: unknown): number | null => (value === null ? null : Number(value));
  return {
    atMs: Number(row["at_ms"]),
    actor: String(row["actor"]),
    action: row["action"] as SpendLimitChange["action"],
    limitId: String(row["limit_id"]),
    scope: toScope(row),
    period: row["period"] as BudgetPeriod,
    fromCents: cents(row["from_cents"]),
    toCents: cents(row["to_cents"]),
  };
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
