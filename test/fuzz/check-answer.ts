/** Whether an answer is one that a client of a dialect can read: whole, streamed or an error. */
import type { Dialect } from "../../src/core/dialect.ts";
import { isJsonObject, parseJson } from "../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../src/core/json/json.ts";
import type { RawAnswer } from "./raw-client.ts";

/** What is wrong with an answer in `dialect`; null for nothing. */
export function checkAnswer(answer: RawAnswer, dialect: Dialect): string | null {
  if (answer.status < 200 || answer.status > 599) return `status ${answer.status}`;
  if (!answer.isComplete) return "the body breaks off";
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status >= 400) return checkError(parse(answer.body), dialect);
  if (type.startsWith("text/event-stream")) return checkStream(answer.body, dialect);
  return checkWhole(parse(answer.body), dialect);
}

function parse(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function checkError(body: JsonValue | undefined, dialect: Dialect): string | null {
  if (!isJsonObject(body) || !isJsonObject(body["error"])) return "the error is no object with an error in it";
  const error = body["error"];
  if (typeof error["message"] !== "string" || typeof error["type"] !== "string")
    return "the error has no type or message";
  return dialect === "anthropic-messages" && body["type"] !== "error" ? "the error has no type: error" : null;
}

function checkWhole(body: JsonValue | undefined, dialect: Dialect): string | null {
  if (!isJsonObject(body)) return "the answer is no JSON object";
  if (dialect === "openai-chat") return Array.isArray(body["choices"]) ? null : "no choices";
  if (typeof body["input_tokens"] === "number") return null;
  if (body["type"] !== "message" || !Array.isArray(body["content"])) return "no message with content";
  const { usage } = body;
  return isJsonObject(usage) && typeof usage["output_tokens"] === "number" ? null : "no usage";
}

/** An event stream: every event complete and JSON, in the order that the dialect promises. */
function checkStream(text: string, dialect: Dialect): string | null {
  if (text !== "" && !text.endsWith("\n\n")) return "the stream ends inside an event";
  const events: JsonObject[] = [];
  let isDone = false;
  for (const block of text.split("\n\n")) {
    if (block === "" || block.startsWith(":")) continue;
    const data = /(?:^|\n)data: ?([^\n]*)$/.exec(block)?.[1];
    if (data === undefined) return `an event without data: ${block.slice(0, 80)}`;
    if (isDone) return "an event after [DONE]";
    if (data === "[DONE]" && dialect === "openai-chat") isDone = true;
    else {
      const event = parse(data);
      if (!isJsonObject(event)) return `an event that is no JSON object: ${data.slice(0, 80)}`;
      const name = /^event: ([^\n]*)$/m.exec(block)?.[1];
      if (dialect === "anthropic-messages" && name !== event["type"])
        return `event: ${name} with type ${JSON.stringify(event["type"])}`;
      events.push(event);
    }
  }
  return dialect === "anthropic-messages" ? checkAnthropicOrder(events) : checkOpenaiOrder(events, isDone);
}

function checkAnthropicOrder(events: readonly JsonObject[]): string | null {
  let open: unknown = null;
  let lastIndex = -1;
  let phase: "before" | "within" | "closing" | "over" = "before";
  for (const event of events) {
    const { type, index } = event;
    if (phase === "over") return `${JSON.stringify(type)} after the end`;
    if (type === "ping") continue;
    if (type === "error") {
      if (checkError(event, "anthropic-messages") !== null) return "a malformed error event";
      phase = "over";
    } else if (type === "message_start") {
      if (phase !== "before") return "a second message_start";
      phase = "within";
    } else if (phase === "before") return `${JSON.stringify(type)} before message_start`;
    else if (type === "content_block_start") {
      if (open !== null || phase !== "within") return "a block begins inside another or after the last";
      if (index !== lastIndex + 1) return `block ${JSON.stringify(index)} follows block ${lastIndex}`;
      lastIndex++;
      open = index;
    } else if (type === "content_block_delta" || type === "content_block_stop") {
      if (open === null || index !== open)
        return `${type} for block ${JSON.stringify(index)} while ${JSON.stringify(open)} is open`;
      if (type === "content_block_stop") open = null;
    } else if (type === "message_delta") {
      if (open !== null) return "message_delta while a block is open";
      phase = "closing";
    } else if (type === "message_stop") {
      if (phase !== "closing") return "message_stop without message_delta";
      phase = "over";
    } else return `unknown event ${JSON.stringify(type)}`;
  }
  return phase === "over" ? null : "the stream has no end";
}

function checkOpenaiOrder(events: readonly JsonObject[], isDone: boolean): string | null {
  for (const event of events.slice(0, -1)) if (event["error"] !== undefined) return "something follows an error";
  const last = events.at(-1);
  if (last?.["error"] !== undefined) return checkError(last, "openai-chat");
  if (!isDone) return "the stream has no [DONE]";
  return events.every((event) => Array.isArray(event["choices"])) ? null : "a chunk without choices";
}
