/**
 * The public price catalog, read into price schedules.
 *
 * What the lists leave open is filled in here, always towards the dearer side:
 * a cache read without a price costs as much as fresh input, a model without any price is none (the price book's
 * fallback holds for it, it is never free).
 */
import { dayMs } from "../../core/time/durations.ts";
import { picoUsdFromUsdPerMillion } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { AppliedPrices } from "../../core/record.ts";
import type { PriceEntry, PriceSchedule, PriceTier, PriceValidity } from "./price-schedule.ts";
import { priceListOf } from "./price-kinds.ts";
import { findListed, findMaker } from "./price-list.ts";
import type { ConditionalPrices, FoundPrices, ListedPrices, PriceConstraint, TieredPrice } from "./price-list.ts";

/**
 * A request to a provider's own search where no list prices it: ten dollars a thousand, as most ask. OpenRouter's list prices
 * those of few models, and it charges for them with free models too (https://openrouter.ai/docs/web-search).
 */
export const unlistedSearchNanoUsd: NanoUsd = 10_000_000;

/** The schedule of `model` at a provider of that catalog `kind`, or null where the catalog knows none. */
export function findCatalogPrices(kind: string, model: string): PriceSchedule | null {
  const list = priceListOf(kind);
  if (list.kind === "local")
    return [{ validity: { kind: "always" }, tiers: [{ aboveContextTokens: -1, prices: free }] }];
  if (list.kind === "maker") return scheduleOfMaker(model) ?? scheduleOfMaker(withoutMaker(model));
  for (const { id, prefix } of list.lists) {
    const found = scheduleIn(id, prefix + model);
    if (found !== null) return found;
  }
  return null;
}

const free: AppliedPrices = {
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  serverToolRequest: 0,
  source: "local",
};

function scheduleOfMaker(model: string): PriceSchedule | null {
  const list = findMaker(model);
  return list === null ? null : scheduleIn(list, model);
}

function scheduleIn(list: string, model: string): PriceSchedule | null {
  const found = model.trim() === "" ? null : findListed(list, model);
  return found === null ? null : toSchedule(found);
}

/**
 * `openai/gpt-5` names its maker as resellers do, `us.anthropic.claude-opus-5` as Amazon Bedrock does; price lists do not.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html
 */
function withoutMaker(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).replace(/^(?:[a-z]+\.){1,2}/i, "");
}

function toSchedule({ list, model }: FoundPrices): PriceSchedule | null {
  const listedAs = `${list}/${model.id}`;
  const rows: readonly ConditionalPrices[] = isConditional(model.prices) ? model.prices : [{ prices: model.prices }];
  const entries = rows.flatMap((row): PriceEntry[] => {
    const tiers = toTiers(row.prices, listedAs);
    return tiers === null ? [] : [{ validity: toValidity(row.constraint), tiers }];
  });
  const [first, ...rest] = entries;
  return first === undefined ? null : [first, ...rest];
}

/** `Array.isArray` alone does not narrow a read-only array. */
function isConditional(prices: ListedPrices | readonly ConditionalPrices[]): prices is readonly ConditionalPrices[] {
  return Array.isArray(prices);
}

function toValidity(constraint: PriceConstraint | undefined): PriceValidity {
  if (constraint === undefined) return { kind: "always" };
  if (constraint.type === "start_date") return { kind: "from", atMs: Date.parse(constraint.start_date) };
  return { kind: "daily", fromMs: timeOfDayMs(constraint.start_time), untilMs: timeOfDayMs(constraint.end_time) };
}

/** `16:30:00Z` or `00:30:00+08:00` as milliseconds after UTC midnight. */
function timeOfDayMs(time: string): number {
  return ((Date.parse(`1970-01-01T${time}`) % dayMs) + dayMs) % dayMs;
}

function toTiers(prices: ListedPrices, listedAs: string): PriceTier[] | null {
  // An entry without prices is a gap in the list, unless its name says that the provider charges nothing.
  if (prices["input_mtok"] === undefined && !listedAs.endsWith(":free")) return null;
  const starts = new Set<number>([-1]);
  for (const price of Object.values(prices)) {
    if (typeof price === "object") for (const tier of price.tiers) starts.add(tier.start);
  }
  return [...starts]
    .sort((a, b) => a - b)
    .map((start) => ({ aboveContextTokens: start, prices: toPrices(prices, start, listedAs) }));
}

function toPrices(prices: ListedPrices, start: number, listedAs: string): AppliedPrices {
  const usd = (key: string): number | undefined => usdAbove(prices[key], start);
  const input = usd("input_mtok") ?? 0;
  const write5m = usd("cache_write_mtok");
  const reasoning = usd("output_reasoning_mtok");
  const searches = usd("web_searches_kcount");
  const inputAudio = usd("input_audio_mtok");
  const outputAudio = usd("output_audio_mtok");
  const isClaude = listedAs.includes("claude");
  const rule = isClaude ? claudeCacheWriteRule : { fiveMinutes: 1, oneHour: 1 };
  return {
    uncachedInput: picoUsdFromUsdPerMillion(input),
    cacheRead: picoUsdFromUsdPerMillion(usd("cache_read_mtok") ?? input),
    cacheWrite5m: picoUsdFromUsdPerMillion(write5m ?? input * rule.fiveMinutes),
    cacheWrite1h: picoUsdFromUsdPerMillion(
      usd("cache_write_1h_mtok") ?? (isClaude ? input * rule.oneHour : (write5m ?? input)),
    ),
    output: picoUsdFromUsdPerMillion(usd("output_mtok") ?? input),
    ...(reasoning === undefined ? {} : { reasoning: picoUsdFromUsdPerMillion(reasoning) }),
    ...(inputAudio === undefined ? {} : { inputAudio: picoUsdFromUsdPerMillion(inputAudio) }),
    ...(outputAudio === undefined ? {} : { outputAudio: picoUsdFromUsdPerMillion(outputAudio) }),
    // The catalog states dollars for a thousand searches: a million nano-dollars for one, each.
    serverToolRequest: searches === undefined ? unlistedSearchNanoUsd : Math.round(searches * 1_000_000),
    source: "catalog",
    listedAs,
    ...(start >= 0 ? { aboveContextTokens: start } : {}),
  };
}

/**
 * Where a list has no price for cache writes of a Claude model: 1.25 times the input price for 5 minutes, twice for
 * an hour (https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing).
 */
const claudeCacheWriteRule = { fiveMinutes: 1.25, oneHour: 2 };

function usdAbove(price: number | TieredPrice | undefined, start: number): number | undefined {
  if (price === undefined || typeof price === "number") return price;
  let usd = price.base;
  for (const tier of [...price.tiers].sort((a, b) => a.start - b.start)) if (start >= tier.start) usd = tier.price;
  return usd;
}
