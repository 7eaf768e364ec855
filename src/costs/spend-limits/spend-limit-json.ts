/** Spend limits as `/v1/organizations/spend_limits` speaks of them: what comes in, what goes out. */
import { isJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { budgetPeriods } from "../budgets/caps/windows.ts";
import type { SpendLimit, SpendLimitChange, SpendLimitRequest, SpendLimitScope } from "./spend-limit.ts";

export type ParsedSpendLimit =
  | { readonly kind: "valid"; readonly request: SpendLimitRequest }
  /** `message` names the field and what it must be. */
  | { readonly kind: "invalid"; readonly message: string };

/** Reads the body of `POST /v1/organizations/spend_limits`. */
export function parseSpendLimit(body: JsonValue | undefined): ParsedSpendLimit {
  if (!isJsonObject(body)) return invalid("the body must be a JSON object");
  const unknown = unknownField(body, ["scope", "amount", "period"]);
  if (unknown !== null) return invalid(unknown);
  const scope = parseScope(body["scope"]);
  if (typeof scope === "string") return invalid(scope);
  const period = budgetPeriods.find((candidate) => candidate === body["period"]);
  if (period === undefined) return invalid("period: must be daily, weekly or monthly");
  const amount = body["amount"];
  if (amount === null) return { kind: "valid", request: { scope, period, amountCents: null } };
  // 900,000,000 cents are 9 million dollars: beyond, nano-dollars would not fit a number.
  if (typeof amount !== "string" || !/^\d{1,9}$/.test(amount) || Number(amount) > 900_000_000) {
    return invalid('amount: must be whole cents as a string ("2500" for 25 dollars, at most "900000000"), or null');
  }
  return { kind: "valid", request: { scope, period, amountCents: Number(amount) } };
}

/** A limit in the words of the API. */
export function toSpendLimitJson(limit: SpendLimit): JsonObject {
  return {
    type: "spend_limit",
    id: limit.id,
    scope: toScopeJson(limit.scope),
    amount: toCentsText(limit.amountCents),
    currency: "USD",
    is_enabled: true,
    period: limit.period,
    created_at: new Date(limit.createdAtMs).toISOString(),
    updated_at: new Date(limit.updatedAtMs).toISOString(),
  };
}

/** A change in the words of the API. */
export function toSpendLimitChangeJson(change: SpendLimitChange): JsonObject {
  return {
    type: "spend_limit_change",
    at: new Date(change.atMs).toISOString(),
    actor: change.actor,
    action: change.action,
    spend_limit_id: change.limitId,
    scope: toScopeJson(change.scope),
    period: change.period,
    from_amount: toCentsText(change.fromCents),
    to_amount: toCentsText(change.toCents),
  };
}

function toCentsText(amount: number | null): string | null {
  return amount === null ? null : String(amount);
}

function invalid(message: string): ParsedSpendLimit {
  return { kind: "invalid", message };
}

/** Why a field is refused whose meaning nobody knows: passed over, it would leave a limit for more than was meant. */
function unknownField(value: JsonObject, known: readonly string[]): string | null {
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  return unknown === undefined ? null : `${unknown.slice(0, 100)}: is not known; known: ${known.join(", ")}`;
}

/** What names the member of a scope. */
const nameFields: ReadonlyMap<JsonValue | undefined, readonly string[]> = new Map([
  ["user", ["user_id"]],
  ["rbac_group", ["rbac_group_id"]],
  ["organization", []],
]);

function parseScope(value: JsonValue | undefined): SpendLimitScope | string {
  if (!isJsonObject(value)) return "scope: must be an object with a type";
  const { type, user_id: userId, rbac_group_id: groupId } = value;
  const nameField = nameFields.get(type);
  if (nameField === undefined) return "scope.type: must be user, rbac_group or organization";
  const unknown = unknownField(value, ["type", ...nameField]);
  if (unknown !== null) return `scope.${unknown}`;
  if (type === "user") return isScopeName(userId) ? { type, userId } : "scope.user_id: must name a user";
  if (type === "rbac_group") return isScopeName(groupId) ? { type, groupId } : "scope.rbac_group_id: must name a team";
  return { type: "organization" };
}

/** What a user, a team or another member of a scope may be called; half a sign cannot be stored as it is. */
export function isScopeName(value: JsonValue | undefined): value is string {
  return (
    typeof value === "string" && value !== "" && value.length <= 200 && !value.includes("\0") && value.isWellFormed()
  );
}

/** Where a limit holds, in the words of the API; those of `/api/budgets` show in the trail of changes only. */
export function toScopeJson(scope: SpendLimitScope): JsonObject {
  if (scope.type === "cap") return { type: "budget", budget_scope: scope.scope, budget_id: scope.id };
  if (scope.type === "user") return { type: scope.type, user_id: scope.userId };
  return scope.type === "rbac_group" ? { type: scope.type, rbac_group_id: scope.groupId } : { type: scope.type };
}
