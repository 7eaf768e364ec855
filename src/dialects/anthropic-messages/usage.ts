/**
 * Anthropic's token counts as the router's own.
 *
 * `input_tokens` holds neither cache reads nor cache writes, so kinds map one to one. With server-side
 * compaction `iterations` lists every sampling pass, and the bill is their sum: the counts at the top leave the
 * compaction pass out (https://platform.claude.com/docs/en/build-with-claude/compaction-threshold). They leave out the
 * passes of an advisor, too, and those of a model that declined in the middle of its answer; each pass is billed at
 * the rates of the model that it names.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { toTokenCount, toToolRequestCount } from "../../core/usage.ts";
import type { FurtherModelUsage, Usage } from "../../core/usage.ts";

const promptCounts = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] as const;

/**
 * Counts of `later` over those of `earlier`: running totals replace, down as well as up; nulls say nothing. Nor do
 * zeros about a prompt that has none uncached and would shrink: some providers fill them in at the end for what they counted
 * at the start.
 */
export function mergeAnthropicUsage(earlier: JsonObject, later: JsonObject): JsonObject {
  const merged: JsonObject = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    if (value !== null && value !== undefined) merged[name] = value;
  }
  const isUncounted = countAt(merged, "input_tokens") === 0 && promptTokens(merged) < promptTokens(earlier);
  if (isUncounted) keepCounted(merged, earlier);
  return merged;
}

function promptTokens(counts: JsonObject): number {
  return promptCounts.reduce((sum, name) => sum + countAt(counts, name), 0);
}

function keepCounted(merged: JsonObject, earlier: JsonObject): void {
  for (const name of promptCounts) {
    const counted = earlier[name];
    if (counted === undefined || countAt(merged, name) > 0) continue;
    merged[name] = counted;
    const split = earlier["cache_creation"];
    if (name === "cache_creation_input_tokens" && split !== undefined) merged["cache_creation"] = split;
  }
}

/** The usage that a merged `usage` object bills, null where it counts nothing at all. */
export function usageFromAnthropic(counts: JsonObject): Usage | null {
  if (!isCount(counts["input_tokens"]) && !isCount(counts["output_tokens"])) return null;
  const billed = billedIterations(counts);
  const sum = (name: string): number => sumOf(billed, name) ?? countAt(counts, name);
  const writes = cacheWrites(counts, billed);
  const output = sum("output_tokens");
  const usage = {
    uncachedInput: sum("input_tokens"),
    cacheRead: sum("cache_read_input_tokens"),
    cacheWrite5m: writes.fiveMinutes,
    cacheWrite1h: writes.oneHour,
    output,
    reasoning: Math.min(output, thinkingTokens(counts)),
    serverToolRequests: toToolRequestCount(toJsonObject(counts["server_tool_use"])["web_search_requests"]),
  };
  if (billed.length === 0) return usage;
  const asked = askedModelOf(counts);
  const furtherModels = furtherModelsOf(counts, billed, asked);
  return {
    ...usage,
    ...(furtherModels.length === 0 ? {} : { furtherModels }),
    ...longestPromptOf(billed.filter((pass) => !isOfFurtherModel(pass, asked))),
  };
}

function thinkingTokens(counts: JsonObject): number {
  return countAt(toJsonObject(counts["output_tokens_details"]), "thinking_tokens");
}

const noIterations: readonly JsonObject[] = [];

/**
 * The passes that are billed. In a turn that a fallback model served, a pass without output is the model that
 * declined, and is not (https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback).
 */
function billedIterations(counts: JsonObject): readonly JsonObject[] {
  if (counts["iterations"] === undefined) return noIterations;
  const iterations = toJsonArray(counts["iterations"]).filter(isJsonObject);
  const isFallback = iterations.some((iteration) => iteration["type"] === "fallback_message");
  return isFallback ? iterations.filter((iteration) => countAt(iteration, "output_tokens") > 0) : iterations;
}

/** The model that the first pass of the answer names. */
function askedModelOf(counts: JsonObject): JsonValue | undefined {
  const first = toJsonArray(counts["iterations"]).find((pass) => toJsonObject(pass)["type"] === "message");
  return toJsonObject(first)["model"];
}

function isOfFurtherModel({ model }: JsonObject, asked: JsonValue | undefined): boolean {
  return typeof model === "string" && model !== "" && model !== asked;
}

/** Of several passes, of which each has a prompt of its own; none where they do not count theirs. */
function longestPromptOf(passes: readonly JsonObject[]): Pick<Usage, "longestPrompt"> {
  const longestPrompt = passes.length < 2 ? 0 : passes.reduce((most, pass) => Math.max(most, promptTokens(pass)), 0);
  return longestPrompt === 0 ? {} : { longestPrompt };
}

function furtherModelsOf(
  counts: JsonObject,
  billed: readonly JsonObject[],
  asked: JsonValue | undefined,
): readonly FurtherModelUsage[] {
  const passes = billed.filter((pass) => isOfFurtherModel(pass, asked));
  const byModel = Map.groupBy(passes, ({ model }) => model as string);
  return [...byModel].map(([model, ofModel]) => ({ model, usage: usageOfPasses(ofModel, thinkingTokens(counts)) }));
}

/** The thinking that is told beside an answer is of the model that gave it: the asked one, or its fallback. */
function usageOfPasses(passes: readonly JsonObject[], thinking: number): Usage {
  const writes = cacheWrites({}, passes);
  const output = sumOf(passes, "output_tokens") ?? 0;
  const hasAnswered = passes.some(({ type }) => type === "fallback_message");
  return {
    uncachedInput: sumOf(passes, "input_tokens") ?? 0,
    cacheRead: sumOf(passes, "cache_read_input_tokens") ?? 0,
    cacheWrite5m: writes.fiveMinutes,
    cacheWrite1h: writes.oneHour,
    output,
    reasoning: hasAnswered ? Math.min(output, thinking) : 0,
    serverToolRequests: 0,
    ...longestPromptOf(passes),
  };
}

/** The sum over passes, undefined where none of them names the count. */
function sumOf(iterations: readonly JsonObject[], name: string): number | undefined {
  let sum: number | undefined;
  for (const iteration of iterations) {
    if (isCount(iteration[name])) sum = (sum ?? 0) + countAt(iteration, name);
  }
  return sum;
}

/** Cache writes by lifetime. The total rules: a later total leaves an earlier split behind. */
function cacheWrites(
  counts: JsonObject,
  billed: readonly JsonObject[],
): { readonly fiveMinutes: number; readonly oneHour: number } {
  const name = "cache_creation_input_tokens";
  const splits = (billed.some(hasSplit) ? billed : [counts]).map((one) => toJsonObject(one["cache_creation"]));
  const oneHourNamed = sumOf(splits, "ephemeral_1h_input_tokens") ?? 0;
  const fiveMinutesNamed = sumOf(splits, "ephemeral_5m_input_tokens") ?? 0;
  const total = sumOf(billed, name) ?? (isCount(counts[name]) ? countAt(counts, name) : undefined);
  if (total === undefined) return { fiveMinutes: fiveMinutesNamed, oneHour: oneHourNamed };
  const oneHour = Math.min(oneHourNamed, total);
  return { fiveMinutes: total - oneHour, oneHour };
}

function hasSplit(counts: JsonObject): boolean {
  return isJsonObject(counts["cache_creation"]);
}

/** Whether a provider says a count at all, be it a wrong one. */
function isCount(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string";
}

function countAt(counts: JsonObject, name: string): number {
  return toTokenCount(counts[name]);
}
