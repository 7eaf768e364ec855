/**
 * Anthropic's token counts as the router's own.
 *
 * `input_tokens` holds neither cache reads nor cache writes, so kinds map one to one. With server-side
 * compaction `iterations` lists every sampling pass, and the bill is their sum: the counts at the top leave the
 * compaction pass out (https://platform.claude.com/docs/en/build-with-claude/compaction-threshold).
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json.ts";
import type { JsonObject } from "../../core/json.ts";
import { toTokenCount, toToolRequestCount } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";

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
  return {
    uncachedInput: sum("input_tokens"),
    cacheRead: sum("cache_read_input_tokens"),
    cacheWrite5m: writes.fiveMinutes,
    cacheWrite1h: writes.oneHour,
    output,
    reasoning: Math.min(output, countAt(toJsonObject(counts["output_tokens_details"]), "thinking_tokens")),
    serverToolRequests: toToolRequestCount(toJsonObject(counts["server_tool_use"])["web_search_requests"]),
  };
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
