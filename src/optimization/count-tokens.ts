/**
 * Estimates the input tokens of a request: by its bytes where a decision cannot wait, by a tokenizer where a
 * client asks. Neither replaces a provider's own count; docs/token-counting.md states the errors.
 */
import type { JsonObject } from "../core/json/json.ts";
import { familyOf } from "./count-tokens/families.ts";
import type { TokenFamily } from "./count-tokens/families.ts";
import { fileTokens } from "./count-tokens/file-tokens.ts";
import { imageTokens } from "./count-tokens/image-tokens.ts";
import { readRequestParts } from "./count-tokens/request-parts.ts";
import type { RequestParts } from "./count-tokens/request-parts.ts";
import { countTexts, loadTokenizer } from "./count-tokens/tokenizer.ts";

/**
 * Tokens of text by its size alone. `model` picks the family; without one, bytes count as for the densest, so that no
 * long context is missed.
 */
export function estimateTokensFromBytes(bytes: number, model = "claude-opus-5"): number {
  return Math.ceil(bytes / familyOf(model).bytesPerToken);
}

/**
 * Input tokens of a request body of either dialect, as `model` would count them. Takes up to 40 ms for any
 * size, and half a second the first time, when it loads its vocabulary.
 */
export async function countRequestTokens(body: JsonObject, model: string): Promise<number> {
  const countText = await loadTokenizer();
  return countParts(readRequestParts(body), familyOf(model), (texts) => countTexts(texts, countText));
}

function countParts(parts: RequestParts, family: TokenFamily, count: (texts: readonly string[]) => number): number {
  const texts = count(parts.texts) * family.perTextToken;
  const tools = parts.tools.length === 0 ? 0 : family.toolPrompt + count(parts.tools) * family.perToolToken;
  const schemas = parts.schemas.length === 0 ? 0 : family.schemaPrompt + count(parts.schemas) * family.perSchemaToken;
  const things =
    family.perRequest +
    parts.messages * family.perMessage +
    parts.toolUses * family.perToolUse +
    parts.toolResults * family.perToolResult;
  const images = sum(parts.images.map((data) => imageTokens(data, family.maxImageTokens)));
  const files = sum(parts.fileBytes.map(fileTokens));
  return Math.round(texts + tools + schemas + things + images + files);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
