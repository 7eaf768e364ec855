/**
 * A request without thinking that its target would refuse: signed by somebody else.
 *
 * Sources: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (a foreign signature is refused; a
 * tool loop must begin with thinking where thinking has a budget, or thinking must be off),
 * https://github.com/QwenLM/qwen-code/pull/3788 (a call must come with thinking, signed or not).
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject, toText, toTextOrNull } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { TargetTraits } from "../target-traits.ts";
import { fitEdits } from "./fit-to-model.ts";
import { signatureOf } from "./thinking-marks.ts";
import { withoutBlocks } from "./without-blocks.ts";

const signatureKey = Buffer.from('"signature"');

/** Whether a signature in the bytes of a request's messages is one that `isRefused`: decides if a parse is worth it. */
export function holdsSignature(messages: Buffer, isRefused: (signature: string) => boolean): boolean {
  for (let at = messages.indexOf(signatureKey); at >= 0; at = messages.indexOf(signatureKey, at + 1)) {
    const signature = stringAfterKey(messages, at + signatureKey.length);
    if (signature !== null && isRefused(signature)) return true;
  }
  return false;
}

/**
 * The request without the thinking whose signature `isRefused`; the same object where there is none. A target that wants
 * thinking beside its tool calls gets the thought there, unsigned.
 */
export function leaveOutThinking(
  body: JsonObject,
  isRefused: (signature: string) => boolean,
  { wantsThinkingWithTools }: Pick<TargetTraits, "wantsThinkingWithTools">,
): JsonObject {
  const isLeftOut = (block: JsonValue): boolean => {
    const signature = signatureOf(block);
    return signature !== null && isRefused(signature);
  };
  const { messages } = body;
  if (!wantsThinkingWithTools || !Array.isArray(messages)) return withoutBlocks(body, isLeftOut);
  const unsigned = messages.map((message) => (holdsCall(message) ? withUnsigned(message, isLeftOut) : message));
  const isChanged = unsigned.some((message, place) => message !== messages[place]);
  const others = isChanged ? { ...body, messages: unsigned } : body;
  return withoutBlocks(others, (block) => signatureOf(block) !== "" && isLeftOut(block));
}

function holdsCall(message: JsonValue): message is JsonObject {
  return toJsonArray(toJsonObject(message)["content"]).some((block) => toJsonObject(block)["type"] === "tool_use");
}

function withUnsigned(message: JsonObject, isLeftOut: (block: JsonValue) => boolean): JsonObject {
  const content = toJsonArray(message["content"]);
  if (!content.some(isLeftOut)) return message;
  return { ...message, content: content.map((block) => (isLeftOut(block) ? toUnsigned(block) : block)) };
}

function toUnsigned(block: JsonValue): JsonObject {
  const { thinking } = toJsonObject(block);
  return { type: "thinking", thinking: toText(thinking), signature: "" };
}

/**
 * The request that does not ask for thinking, where it asks for a budget in a tool loop that does not begin with
 * thinking; else the same object.
 */
export function stopThinkingInLoop(body: JsonObject): JsonObject {
  if (toJsonObject(body["thinking"])["type"] !== "enabled" || !isLoopWithoutThinking(toJsonArray(body["messages"]))) {
    return body;
  }
  const { thinking: _left, ...rest } = body;
  return fitEdits(rest);
}

function isLoopWithoutThinking(messages: readonly JsonValue[]): boolean {
  const turns = messages.filter(isJsonObject).filter((message) => message["role"] !== "system");
  const isInLoop = toJsonArray(turns.at(-1)?.["content"]).some(
    (block) => toJsonObject(block)["type"] === "tool_result",
  );
  const answer = turns.findLast((message) => message["role"] === "assistant");
  return isInLoop && signatureOf(toJsonArray(answer?.["content"])[0] ?? null) === null;
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** The string that is the value of a key which ends at `at`; null for another value. */
function stringAfterKey(bytes: Buffer, at: number): string | null {
  const colonAt = skipSpace(bytes, at);
  if (bytes[colonAt] !== colon) return null;
  const start = skipSpace(bytes, colonAt + 1);
  if (bytes[start] !== quote) return null;
  let end = bytes.indexOf(quote, start + 1);
  while (end > 0 && bytes[end - 1] === backslash) end = bytes.indexOf(quote, end + 1);
  if (end < 0) return null;
  const text = bytes.toString("utf8", start + 1, end);
  return text.includes("\\") ? toTextOrNull(parseJson(`"${text}"`)) : text;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! <= 0x20) at++;
  return at;
}
