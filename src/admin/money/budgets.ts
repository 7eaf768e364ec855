/** Budgets: how far they are used, for operators; caps set at run time; and callers' own in Claude Code's words. */
import { GatewayError } from "../../core/errors/errors.ts";
import type { Caller } from "../../core/caller.ts";
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { memberScopes } from "../../core/member-scope.ts";
import { usdFromNanoUsd } from "../../core/money.ts";
import { toBucketJson } from "../../costs/budgets/bucket-json.ts";
import { projectSpend } from "../../costs/budgets/announcing/budget-events.ts";
import type { BudgetThresholds } from "../../costs/budgets/announcing/budget-events.ts";
import type { BucketState } from "../../costs/budgets/store/budget-store.ts";
import type { Budgets } from "../../costs/budgets/budgets.ts";
import { oauthUsageBody, usedShare } from "../../costs/budgets/spend-headers.ts";
import { budgetPeriods } from "../../costs/budgets/caps/windows.ts";
import { isScopeName } from "../../costs/spend-limits/spend-limit-json.ts";
import type { SpendLimit, SpendLimitRequest } from "../../costs/spend-limits/spend-limit.ts";
import type { SpendLimits } from "../../costs/spend-limits/spend-limits.ts";
import { actorOf } from "../actor.ts";
import type { AdminRoute } from "../admin-route.ts";
import { invalid, jsonAnswer, readLimit, refuseUnknownFields, refuseUnknownParameters } from "../read-request.ts";

export interface BudgetSource {
  /** A caller's caps, and how far they are used. */
  statusOf(caller: Caller): Promise<readonly BucketState[]>;
  /** The fullest budgets of all who spent something, and those with a name; at most `limit`. */
  readAll(limit: number): Promise<readonly BucketState[]>;
  settings(): { readonly enforcement: boolean; readonly mode: string; readonly thresholds: BudgetThresholds };
  health(): ReturnType<Budgets["health"]>;
  readonly limits: SpendLimits;
  nowMs(): number;
}

export function budgetRoutes(source: BudgetSource): readonly AdminRoute[] {
  return [ownUsageRoute(source), listRoute(source), setRoute(source), removeRoute(source)];
}

function ownUsageRoute(source: BudgetSource): AdminRoute {
  return {
    method: "GET",
    path: "/api/oauth/usage",
    access: "caller",
    handle: async ({ caller }) => jsonAnswer(oauthUsageBody(await source.statusOf(caller!))),
  };
}

function listRoute(source: BudgetSource): AdminRoute {
  return {
    method: "GET",
    path: "/api/budgets",
    access: "admin",
    handle: async ({ query }) => {
      refuseUnknownParameters(query, ["limit"]);
      await source.limits.refresh();
      const { enforcement, mode, thresholds } = source.settings();
      const states = await source.readAll(readLimit(query, 100, 1_000));
      const budgets = states.map((state) => toBudgetJson(state, thresholds, source.nowMs()));
      const caps = source.limits.list().flatMap(toCapJson);
      return jsonAnswer({ enforcement, mode, thresholds, store: source.health(), budgets, caps });
    },
  };
}

/** `{scope, id?, period, limitUsd}`: stands in for the file's cap of that scope, member and period; null lifts it. */
function setRoute({ limits }: BudgetSource): AdminRoute {
  return {
    method: "PUT",
    path: "/api/budgets",
    access: "admin",
    handle: async (request) => {
      const wanted = readCap(parseJson((await request.body()).toString()));
      return jsonAnswer(toCapJson(await limits.set(wanted, actorOf(request)))[0]!);
    },
  };
}

/** After it the file's cap holds again. */
function removeRoute({ limits }: BudgetSource): AdminRoute {
  return {
    method: "DELETE",
    path: "/api/budgets/{id}",
    access: "admin",
    handle: async (request, { id = "" }) => {
      await limits.refresh();
      const isCap = limits.get(id)?.scope.type === "cap";
      if (!isCap || !(await limits.remove(id, actorOf(request))))
        throw new GatewayError("caller_not_found", `no cap ${id} was set; GET /api/budgets lists them`);
      return jsonAnswer({ removed: id });
    },
  };
}

const mostUsd = 9_000_000;

/** Throws GatewayError that names the field. */
function readCap(body: JsonValue | undefined): SpendLimitRequest {
  if (!isJsonObject(body)) throw invalid("the body must be a JSON object");
  refuseUnknownFields(body, ["scope", "id", "period", "limitUsd"]);
  const scope = memberScopes.find((one) => one === body.scope);
  if (scope === undefined) throw invalid(`scope: one of ${memberScopes.join(", ")}`);
  const period = budgetPeriods.find((one) => one === body.period);
  if (period === undefined) throw invalid(`period: one of ${budgetPeriods.join(", ")}`);
  const { id = null, limitUsd } = body;
  if (id !== null && !isScopeName(id)) throw invalid("id: a name of at most 200 signs, or null for each");
  if (id !== null && scope === "all") throw invalid("id: has no meaning for scope all");
  return { scope: { type: "cap", scope, id }, period, amountCents: toCents(limitUsd) };
}

function toCents(limitUsd: JsonValue | undefined): number | null {
  if (limitUsd === null) return null;
  const cents = typeof limitUsd === "number" ? limitUsd * 100 : Number.NaN;
  // Some units in the last place, as sums of floating point have them: less than a cent must not become a cap of nothing.
  const isWhole = Math.abs(cents - Math.round(cents)) <= cents * 1e-14;
  if (isWhole && cents >= 0 && cents <= mostUsd * 100) return Math.round(cents);
  throw invalid(`limitUsd: US dollars in whole cents from 0 to ${mostUsd}, or null for no cap`);
}

function toCapJson({ id, scope, period, amountCents, createdAtMs, updatedAtMs }: SpendLimit): JsonObject[] {
  if (scope.type !== "cap") return [];
  return [
    {
      capId: id,
      scope: scope.scope,
      id: scope.id,
      period,
      limitUsd: amountCents === null ? null : amountCents / 100,
      createdAt: new Date(createdAtMs).toISOString(),
      updatedAt: new Date(updatedAtMs).toISOString(),
    },
  ];
}

function toBudgetJson(state: BucketState, thresholds: BudgetThresholds, nowMs: number): JsonObject {
  const { bucket, spentNanoUsd, heldNanoUsd } = state;
  const projected = projectSpend(state, nowMs);
  return {
    ...toBucketJson(state),
    remainingUsd: usdFromNanoUsd(Math.max(0, bucket.limitNanoUsd - spentNanoUsd - heldNanoUsd)),
    used: usedShare(state),
    status: statusOf(usedShare(state), thresholds),
    projectedUsd: projected === null ? null : usdFromNanoUsd(projected),
  };
}

function statusOf(used: number, { warning, critical }: BudgetThresholds): string {
  if (used >= 1) return "exceeded";
  if (used >= critical) return "critical";
  return used >= warning ? "warning" : "ok";
}
