/**
 * `/v1/organizations/spend_limits`: spend limits in the words of Anthropic's Admin API, with a trail of changes
 * (https://code.claude.com/docs/en/claude-apps-gateway-spend-limits).
 *
 * Users go by the names of their keys. `effective` lists who has called in the window, or the `user_ids[]` that are asked
 * for.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { parseJson } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { nanoPerCent } from "../../core/money.ts";
import { budgetPeriods, windowAt } from "../../costs/budgets/caps/windows.ts";
import type { BudgetPeriod } from "../../costs/budgets/caps/windows.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import {
  parseSpendLimit,
  toScopeJson,
  toSpendLimitChangeJson,
  toSpendLimitJson,
} from "../../costs/spend-limits/spend-limit-json.ts";
import type { SpendLimit } from "../../costs/spend-limits/spend-limit.ts";
import type { SpendLimits } from "../../costs/spend-limits/spend-limits.ts";
import { actorOf } from "../actor.ts";
import type { AdminRoute } from "../admin-route.ts";
import { invalid, jsonAnswer, oneOf, readLimit, refuseUnknownParameters } from "../read-request.ts";

export interface SpendLimitsSource {
  readonly limits: SpendLimits;
  readonly ledger: Pick<Ledger, "sums">;
  nowMs(): number;
}

const base = "/v1/organizations/spend_limits";

/** `beta`: some of Anthropic's clients say `beta=true` behind each path. */
const pageParameters: readonly string[] = ["limit", "page", "beta"];

export function spendLimitRoutes(source: SpendLimitsSource): readonly AdminRoute[] {
  const { limits } = source;
  return [
    {
      method: "GET",
      path: base,
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, pageParameters);
        await limits.refresh();
        const all = limits.list().filter((limit) => limit.scope.type !== "cap");
        return pageAnswer(all.map(toSpendLimitJson), query);
      },
    },
    {
      method: "POST",
      path: base,
      access: "admin",
      handle: async (request) => {
        const parsed = parseSpendLimit(parseJson((await request.body()).toString()));
        if (parsed.kind === "invalid") throw invalid(parsed.message);
        return jsonAnswer(toSpendLimitJson(await limits.set(parsed.request, actorOf(request))));
      },
    },
    {
      method: "GET",
      path: `${base}/effective`,
      access: "admin",
      handle: async ({ query }) => pageAnswer(await effectiveRows(source, query), query),
    },
    {
      method: "GET",
      path: `${base}/audit`,
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, ["limit", "beta"]);
        const changes = await limits.audit(readLimit(query, 100, 1_000));
        return jsonAnswer({ data: changes.map(toSpendLimitChangeJson), next_page: null });
      },
    },
    {
      method: "GET",
      path: `${base}/{id}`,
      access: "admin",
      handle: async (_request, { id = "" }) => jsonAnswer(toSpendLimitJson(await find(limits, id))),
    },
    {
      method: "DELETE",
      path: `${base}/{id}`,
      access: "admin",
      handle: async (request, { id = "" }) => {
        await find(limits, id);
        await limits.remove(id, actorOf(request));
        return jsonAnswer({ id, type: "spend_limit_deleted" });
      },
    },
  ];
}

async function find(limits: SpendLimits, id: string): Promise<SpendLimit> {
  await limits.refresh();
  const limit = limits.get(id);
  if (limit === undefined || limit.scope.type === "cap")
    throw new GatewayError("caller_not_found", `no spend limit ${id}`);
  return limit;
}

interface Seat {
  readonly user: string;
  readonly team: string | null;
  readonly spentNanoUsd: bigint;
}

/** One row for each user and period for which a limit holds: the limit, where it comes from, what is spent. */
async function effectiveRows(source: SpendLimitsSource, query: URLSearchParams): Promise<readonly JsonObject[]> {
  refuseUnknownParameters(query, [...pageParameters, "user_ids[]", "period[]"]);
  await source.limits.refresh();
  const asked = query.getAll("user_ids[]");
  const wanted = query.getAll("period[]").map((period) => oneOf("period[]", period, budgetPeriods));
  const rows: JsonObject[] = [];
  for (const period of budgetPeriods) {
    if (wanted.length > 0 && !wanted.includes(period)) continue;
    for (const seat of await seatsOf(source, period, asked)) {
      const limit = source.limits.effective(seat.user, seat.team).find((one) => one.period === period);
      if (limit !== undefined) rows.push(toEffectiveRow(seat, limit));
    }
  }
  return rows;
}

/** Users with their spending in the window so far; those that are asked for even where they spent nothing. */
async function seatsOf(source: SpendLimitsSource, period: BudgetPeriod, asked: readonly string[]): Promise<Seat[]> {
  const { startMs, endMs } = windowAt(period, source.nowMs());
  const rows = await source.ledger.sums({ fromMs: startMs, toMs: endMs, by: ["user", "team"] });
  const seats = new Map<string, Seat>();
  for (const user of asked) seats.set(user, { user, team: null, spentNanoUsd: 0n });
  for (const { group, costNanoUsd } of rows) {
    const { user = "", team = "" } = group;
    if (asked.length > 0 && !asked.includes(user)) continue;
    const known = seats.get(user);
    seats.set(user, {
      user,
      team: known?.team ?? (team === "" ? null : team),
      spentNanoUsd: (known?.spentNanoUsd ?? 0n) + costNanoUsd,
    });
  }
  return [...seats.values()];
}

function toEffectiveRow({ user, spentNanoUsd }: Seat, limit: SpendLimit): JsonObject {
  return {
    actor: { type: "user_actor", user_id: user, name: user, email_address: null, deleted: false },
    scope: { type: "user", user_id: user },
    source: toScopeJson(limit.scope),
    spend_limit_id: limit.id,
    amount: limit.amountCents === null ? null : String(limit.amountCents),
    currency: "USD",
    period: limit.period,
    period_to_date_spend: String(Number(spentNanoUsd) / nanoPerCent),
  };
}

/** `limit` rows from `page` on, which is an earlier answer's `next_page`. */
function pageAnswer(rows: readonly JsonObject[], query: URLSearchParams): ReturnType<typeof jsonAnswer> {
  const limit = readLimit(query, 1_000, 1_000);
  const start = Number(query.get("page") ?? 0);
  if (!Number.isInteger(start) || start < 0) throw invalid("page: hand back the next_page of an earlier answer");
  const end = start + limit;
  return jsonAnswer({ data: rows.slice(start, end), next_page: end < rows.length ? String(end) : null });
}
