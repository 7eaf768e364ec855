/**
 * JSON that stands as text within a request: tool arguments, envelopes of reasoning. The scan of the request sees a text, and
 * whoever parses it gets values, so those of all such texts together are bounded like the request's own.
 */
import { GatewayError } from "../core/errors/errors.ts";
import { endOfNested, valuesLimit } from "../core/json/json-nesting.ts";
import type { SeenWithin } from "../core/json/json-nesting.ts";

/** Throws GatewayError `caller_invalid_request` where `texts`, to be parsed as JSON, hold more than `valuesLimit` values. */
export function refuseCrowdedTexts(texts: readonly string[], encoding: "utf8" | "base64url", what: string): void {
  // A value has at least one character: few texts are worth a look.
  if (texts.reduce((sum, text) => sum + text.length, 0) <= valuesLimit) return;
  const seen: SeenWithin = { longStrings: [], signs: 0, depth: 0, values: 0 };
  for (const text of texts) {
    endOfNested(Buffer.from(text, encoding), 0, seen);
    if (seen.values <= valuesLimit) continue;
    throw new GatewayError("caller_invalid_request", `${what} hold more than ${valuesLimit} values`);
  }
}
