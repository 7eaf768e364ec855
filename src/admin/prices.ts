/** `/api/costs/reprice` and `/api/costs/unknown-models`: history under the book as it is now, and what the book lacks. */
import { isJsonObject, parseJson } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import type { Ledger } from "../costs/ledger/ledger.ts";
import type { PriceBook } from "../costs/price-book.ts";
import { usdFromSum } from "../costs/reports/cost-report.ts";
import { reprice } from "../costs/reprice.ts";
import type { RepriceResult } from "../costs/reprice.ts";
import type { AdminRequest, AdminRoute } from "./admin-route.ts";
import { actorOf } from "./actor.ts";
import { invalid, jsonAnswer, periodOf } from "./cost-query.ts";

export interface PricesSource {
  readonly ledger: Ledger;
  priceBook(): PriceBook;
  nowMs(): number;
}

export function priceRoutes(source: PricesSource): readonly AdminRoute[] {
  return [
    {
      method: "POST",
      path: "/api/costs/reprice",
      access: "admin",
      handle: async (request) => {
        const nowMs = source.nowMs();
        const { filter, write } = await readRequest(request, nowMs);
        const reason = `repriced by ${actorOf(request)}`;
        const result = await reprice(source.ledger, source.priceBook(), { filter, isDryRun: !write, reason, nowMs });
        return jsonAnswer(toJson(result, !write));
      },
    },
    {
      method: "GET",
      path: "/api/costs/unknown-models",
      access: "admin",
      handle: () =>
        jsonAnswer({
          models: source
            .priceBook()
            .unknownModels()
            .map(({ target, prices, firstSeenAtMs }) => ({
              ...target,
              firstSeenAt: new Date(firstSeenAtMs).toISOString(),
              chargedInputUsdPerMillion: prices.uncachedInput / 1e6,
              chargedOutputUsdPerMillion: prices.output / 1e6,
            })),
        }),
    },
  ];
}

/** `{from, to, provider?, model?, write?}`; both ends of the period must be named. */
async function readRequest(request: AdminRequest, nowMs: number) {
  const body = parseJson((await request.body()).toString());
  if (!isJsonObject(body)) throw invalid("the body must be a JSON object");
  const { from, to, provider, model, write } = body;
  if (typeof from !== "string" || typeof to !== "string") throw invalid("from, to: both must be named, as 2026-11-22");
  const filter = { ...periodOf(from, to, nowMs), provider: toText(provider), model: toText(model) };
  return { filter, write: write === true };
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function toJson(result: RepriceResult, isDryRun: boolean): JsonObject {
  return {
    isDryRun,
    calls: result.calls,
    changedCalls: result.changedCalls,
    corrections: result.corrections,
    beforeUsd: usdFromSum(result.beforeNanoUsd),
    afterUsd: usdFromSum(result.afterNanoUsd),
    differenceUsd: usdFromSum(result.afterNanoUsd - result.beforeNanoUsd),
    byTarget: result.byTarget.map(({ differenceNanoUsd, ...target }) => ({
      ...target,
      differenceUsd: usdFromSum(differenceNanoUsd),
    })),
  };
}
