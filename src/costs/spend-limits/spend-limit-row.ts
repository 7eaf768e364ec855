/** Spend limits and their changes as the ledger's database keeps them. Pure. */
import type { MemberScope } from "../../core/member-scope.ts";
import type { BudgetPeriod } from "../budgets/caps/windows.ts";
import type { SqlRow, SqlStatement } from "../ledger/ledger.ts";
import type { SpendLimit, SpendLimitChange, SpendLimitScope } from "./spend-limit.ts";

/** Puts a limit in the place of the one of the same scope and period: another router may have set it a moment ago, and the last holds. */
export function setStatement({ id, scope, period, amountCents, createdAtMs, updatedAtMs }: SpendLimit): SqlStatement {
  return {
    sql: `INSERT INTO spend_limits VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope_kind, scope_id, period)
      DO UPDATE SET amount_cents = excluded.amount_cents, updated_at_ms = excluded.updated_at_ms`,
    parameters: [id, ...scopeColumns(scope), period, amountCents, createdAtMs, updatedAtMs],
  };
}

export function removeStatement(id: string): SqlStatement {
  return { sql: "DELETE FROM spend_limits WHERE id = ?", parameters: [id] };
}

/** Keeps a change in the trail. */
export function traceStatement(change: SpendLimitChange): SqlStatement {
  const { atMs, actor, action, limitId, scope, period, fromCents, toCents } = change;
  return {
    sql: `INSERT INTO spend_limit_audit
      (at_ms, actor, action, limit_id, scope_kind, scope_id, period, from_cents, to_cents)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [atMs, actor, action, limitId, ...scopeColumns(scope), period, fromCents, toCents],
  };
}

/** A row of `spend_limits`. */
export function toSpendLimit(row: SqlRow): SpendLimit {
  return {
    id: String(row["id"]),
    scope: toScope(row),
    period: row["period"] as BudgetPeriod,
    amountCents: toCents(row["amount_cents"]),
    createdAtMs: Number(row["created_at_ms"]),
    updatedAtMs: Number(row["updated_at_ms"]),
  };
}

/** A row of `spend_limit_audit`. */
export function toSpendLimitChange(row: SqlRow): SpendLimitChange {
  return {
    atMs: Number(row["at_ms"]),
    actor: String(row["actor"]),
    action: row["action"] as SpendLimitChange["action"],
    limitId: String(row["limit_id"]),
    scope: toScope(row),
    period: row["period"] as BudgetPeriod,
    fromCents: toCents(row["from_cents"]),
    toCents: toCents(row["to_cents"]),
  };
}

/** Whether the database takes both for one. */
export function isSameScope(a: SpendLimitScope, b: SpendLimitScope): boolean {
  const [kindA, idA] = scopeColumns(a);
  const [kindB, idB] = scopeColumns(b);
  return kindA === kindB && idA === idB;
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

/** PostgreSQL tells a BIGINT as text. */
function toCents(value: unknown): number | null {
  return value === null ? null : Number(value);
}
