/** A whole response as a `chat.completion`. */
import { isJsonObject, parseJson, toJsonArray, toText } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { encryptedDetail, summaryDetail } from "./reasoning-items.ts";
import { isFailed, toChatError, toChatHead, toFinishReason } from "./response-head.ts";
import { isCall, textOfCall, toChatToolCall } from "./tool-call.ts";
import { toChatUsage } from "./usage.ts";

/** The bytes of the completion; what is no response passes as it is. `provider`: who encrypted its reasoning. */
export function toChatCompletion(bytes: Buffer, provider: string): Buffer {
  const response = parseJson(bytes.toString());
  if (!isJsonObject(response)) return bytes;
  const error = toChatError(response) ?? (isFailed(response) ? toChatError({ error: {} }) : null);
  if (error === null && !Array.isArray(response["output"])) return bytes;
  return Buffer.from(JSON.stringify(error ?? toCompletion(response, provider)));
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
  const messages = items.filter(({ type }) => type === "message");
  const text = joined(messages, "output_text", "text");
  const refusal = joined(messages, "refusal", "refusal");
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

/** What the messages say: each its parts at a stretch, a paragraph for each. */
function joined(messages: readonly JsonObject[], type: string, field: string): string {
  const texts = messages.map(({ content }) => {
    const parts = toJsonArray(content).filter(isJsonObject);
    return parts.map((part) => (part["type"] === type ? toText(part[field]) : "")).join("");
  });
  return texts.filter((text) => text !== "").join("\n\n");
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
