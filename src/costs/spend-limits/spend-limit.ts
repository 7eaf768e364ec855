/** What a spend limit is, and a change of one. */
import type { MemberScope } from "../../core/member-scope.ts";
import type { BudgetPeriod } from "../budgets/caps/windows.ts";

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
