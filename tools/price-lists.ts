/**
 * The price lists of `src/costs/prices/price-lists/`, taken from the package `@pydantic/genai-prices`: those that some provider
 * of the catalog uses, and those whose models have telling names; with what it lacks (price-additions.ts). One model a line, so that a change of prices is seen.
 */
import { calcPrice, waitForUpdate } from "@pydantic/genai-prices";
import type { ModelInfo, Provider } from "@pydantic/genai-prices";
import type { ListedModel } from "../src/costs/prices/price-list.ts";
import { priceListIds } from "../src/costs/prices/price-kinds.ts";
import { priceAdditions } from "./price-additions.ts";

/** Text of each file by its name. Throws Error where the package has a price that it could not apply itself. */
export async function renderPriceLists(): Promise<ReadonlyMap<string, string>> {
  const all = (await waitForUpdate()) ?? [];
  const makers = all.filter((provider) => provider.model_match !== undefined);
  const wanted = new Set([...priceListIds, ...makers.map(({ id }) => id)]);
  for (const provider of all) {
    if (wanted.has(provider.id)) for (const id of provider.fallback_model_providers ?? []) wanted.add(id);
  }
  const files = new Map([["makers.json", `${lines(makers.map(({ id, model_match: match }) => ({ id, match })))}\n`]]);
  for (const provider of all) if (wanted.has(provider.id)) files.set(`${provider.id}.json`, renderList(provider));
  return files;
}

function renderList(provider: Provider): string {
  const models = provider.models.map((model) => {
    requireApplicable(provider, model);
    return { id: model.id, match: model.match, prices: model.prices };
  });
  const additions = priceAdditions[provider.id] ?? [];
  const known = additions.find((addition) => models.some((model) => hasPricesOf(model, addition)));
  if (known !== undefined) throw new Error(`the package has ${known.id} by now: take it out of price-additions.ts`);
  const all = lines([...additions, ...models.filter((model) => !additions.some(({ id }) => id === model.id))]);
  return `{"fallbacks":${JSON.stringify(provider.fallback_model_providers ?? [])},"models":${all}}\n`;
}

/** Whether `model` is the added one, with no price less. */
function hasPricesOf(model: ListedModel, addition: ListedModel): boolean {
  return model.id === addition.id && Object.keys(addition.prices).every((name) => name in model.prices);
}

/** Such an entry would have to count as unknown; so far there is none. */
function requireApplicable(provider: Provider, model: ModelInfo): void {
  const rows = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  for (const { prices } of rows) {
    const alone = { ...provider, models: [{ ...model, match: { contains: "" }, prices }] };
    if (calcPrice({}, "any", { provider: alone }) === null) throw new Error(`${provider.id}/${model.id} has no price`);
  }
}

function lines(values: readonly unknown[]): string {
  return `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`;
}
