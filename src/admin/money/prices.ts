/** `/api/costs/reprice` and `/api/costs/unknown-models`: history under the book as it is now, and what the book lacks. */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { Ledger, SumFilter } from "../../costs/ledger/ledger.ts";
import type { PriceBook } from "../../costs/prices/price-book.ts";
import { usdFromSum } from "../../core/money.ts";
import { reprice } from "../../costs/reprice.ts";
import type { RepriceResult } from "../../costs/reprice.ts";
import type { AdminRequest, AdminRoute } from "../admin-route.ts";
import { actorOf } from "../actor.ts";
import { refuseUnknownName } from "../known-names.ts";
import type { KnownNames } from "../known-names.ts";
import { periodOf } from "./cost-query.ts";
import { invalid, jsonAnswer, refuseUnknownFields } from "../read-request.ts";

export interface PricesSource {
  readonly ledger: Ledger;
  priceBook(): PriceBook;
  nowMs(): number;
  knownNames(): Promise<Pick<KnownNames, "providers" | "models">>;
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
        if (result.calls + result.leftCalls === 0) await refuseUnknownNames(filter, source);
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
  // What is not known, or no text, must not widen what is written.
  refuseUnknownFields(body, ["from", "to", "provider", "model", "write"]);
  const { from, to, provider, model, write = false } = body;
  if (typeof from !== "string" || typeof to !== "string" || from === "" || to === "")
    throw invalid("from, to: both must be named, as 2026-11-22");
  if (typeof write !== "boolean") throw invalid("write: true or false");
  const filter = {
    ...periodOf(from, to, nowMs),
    provider: readName("provider", provider),
    model: readName("model", model),
  };
  return { filter, write };
}

async function refuseUnknownNames(filter: Pick<SumFilter, "provider" | "model">, source: PricesSource): Promise<void> {
  if (filter.provider === undefined && filter.model === undefined) return;
  const { providers, models } = await source.knownNames();
  refuseUnknownName("provider", filter.provider, providers);
  refuseUnknownName("model", filter.model, models);
}

function readName(field: string, value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  throw invalid(`${field}: a name, or not given`);
}

function toJson(result: RepriceResult, isDryRun: boolean): JsonObject {
  return {
    isDryRun,
    calls: result.calls,
    changedCalls: result.changedCalls,
    corrections: result.corrections,
    leftCalls: result.leftCalls,
    leftProviders: [...result.leftProviders],
    beforeUsd: usdFromSum(result.beforeNanoUsd),
    afterUsd: usdFromSum(result.afterNanoUsd),
    differenceUsd: usdFromSum(result.afterNanoUsd - result.beforeNanoUsd),
    byTarget: result.byTarget.map(({ differenceNanoUsd, ...target }) => ({
      ...target,
      differenceUsd: usdFromSum(differenceNanoUsd),
    })),
  };
}
