/** Input tokens of a request that no provider counted: images and files count as such, not by their bytes. */
import { isJsonObject, parseJson } from "../core/json/json.ts";
import type { JsonValue } from "../core/json/json.ts";
import { estimateTokensFromBytes } from "./count-tokens.ts";
import { familyOf } from "./count-tokens/families.ts";
import { fileTokens } from "./count-tokens/file-tokens.ts";
import { imageTokens } from "./count-tokens/image-tokens.ts";
import { readRequestParts } from "./count-tokens/request-parts.ts";

/** Bytes of a file in base64 text. */
const base64Growth = 4 / 3;

/**
 * An estimate of the tokens of `bytes`, a request's body, for `model`. Asks for the body, parsed, where it may hold images or
 * files as data.
 */
export function estimateBodyTokens(
  bytes: Buffer,
  model: string,
  parsed: () => JsonValue | undefined = () => parseJson(bytes.toString()),
): number {
  const body = holdsData(bytes) ? parsed() : undefined;
  if (!isJsonObject(body)) return estimateTokensFromBytes(bytes.length, model);
  const { images, fileBytes } = readRequestParts(body);
  const { maxImageTokens } = familyOf(model);
  let textBytes = bytes.length;
  let tokens = 0;
  for (const data of images) {
    textBytes -= data?.length ?? 0;
    tokens += imageTokens(data, maxImageTokens);
  }
  for (const size of fileBytes) {
    textBytes -= size * base64Growth;
    tokens += fileTokens(size);
  }
  return tokens + estimateTokensFromBytes(Math.max(0, textBytes), model);
}

/** As each dialect writes it; a text that speaks of base64 has its quotes escaped. */
function holdsData(bytes: Buffer): boolean {
  return bytes.includes('"base64"') || bytes.includes(";base64,");
}
