/** A whole response as a `chat.completion`. */
import { isJsonObject, parseJson, toJsonArray, toText } from "../../core/json.ts";
import type { JsonObject } from "../../core/json.ts";
import { encryptedDetail, summaryDetail } from "./reasoning-items.ts";
import { toChatError, toChatHead, toFinishReason } from "./response-head.ts";
import { isCall, textOfCall, toChatToolCall } from "./tool-call.ts";
import { toChatUsage } from "./usage.ts";

/** The bytes of the completion; what is no response passes as it is. `provider`: who encrypted its reasoning. */
export function toChatCompletion(bytes: Buffer, provider: string): Buffer {
  const response = parseJson(bytes.toString());
  if (!isJsonObject(response) || (!Array.isArray(response["output"]) && toChatError(response) === null)) return bytes;
  return Buffer.from(JSON.stringify(toChatError(response) ?? toCompletion(response, provider)));
}

function toCompletion(response: JsonObject, provider: string): JsonObject {
  const items = toJsonArray(response["output"]).filter(isJsonObject);
  const calls = items.filter(isCall).map((item) => toChatToolCall(item, textOfCall(item)));
  const usage = toChatUsage(response["usage"]);
  return {
    ...toChatHead(response, "chat.completion"),
    choices: [
      {
        index: 0,
        message: toMessage(items, calls, provider),
        logprobs: null,
        finish_reason: toFinishReason(response, calls.length > 0),
      },
    ],
    ...(usage !== null && { usage }),
  };
}

function toMessage(items: readonly JsonObject[], calls: readonly JsonObject[], provider: string): JsonObject {
  const parts = items.filter(({ type }) => type === "message").flatMap(({ content }) => toJsonArray(content));
  const text = joined(parts.filter(isJsonObject), "output_text", "text");
  const refusal = joined(parts.filter(isJsonObject), "refusal", "refusal");
  const reasoning = items.filter(({ type }) => type === "reasoning");
  const summary = reasoning.map((item) => summariesOf(item).join("\n\n")).join("\n\n");
  const details = detailsOf(reasoning, provider);
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    refusal: refusal === "" ? null : refusal,
    ...(summary.trim() !== "" && { reasoning: summary }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: [...calls] }),
  };
}

function joined(parts: readonly JsonObject[], type: string, field: string): string {
  return parts
    .filter((part) => part["type"] === type)
    .map((part) => part[field])
    .filter((text) => typeof text === "string")
    .join("");
}

function detailsOf(reasoning: readonly JsonObject[], provider: string): JsonObject[] {
  let index = 0;
  return reasoning.flatMap((item) => {
    const place = (): { provider: string; id: string; index: number } => ({
      provider,
      id: toText(item["id"]),
      index: index++,
    });
    const summaries = summariesOf(item).map((text) => summaryDetail(place(), text));
    const data = item["encrypted_content"];
    return typeof data === "string" ? [...summaries, encryptedDetail(place(), data)] : summaries;
  });
}

/** The parts of an item's summary; of an open model, its reasoning itself. */
function summariesOf({ summary, content }: JsonObject): string[] {
  const parts = [...toJsonArray(summary), ...toJsonArray(content)].filter(isJsonObject);
  return parts.map(({ text }) => text).filter((text) => typeof text === "string");
}
