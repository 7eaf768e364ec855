/** What every stream must keep, whatever it says: the order and shape of its events, per dialect. */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json/json.ts";
import { plain } from "./plain.ts";
import type { SseEvent } from "./sse-text.ts";

const blockOfDelta: Readonly<Record<string, string>> = {
  text_delta: "text",
  citations_delta: "text",
  thinking_delta: "thinking",
  signature_delta: "thinking",
  input_json_delta: "tool_use",
  compaction_delta: "compaction",
};

interface OpenBlock {
  readonly type: string;
  json: string;
}

interface Progress {
  readonly failures: string[];
  nextIndex: number;
  open: { readonly index: JsonValue | undefined; readonly block: OpenBlock } | null;
  counts: Record<string, number>;
}

/** The rules of an Anthropic stream that `events` break; none for a good one. */
export function anthropicInvariants(events: readonly SseEvent[]): string[] {
  const progress: Progress = { failures: [], nextIndex: 0, open: null, counts: {} };
  const { failures } = progress;
  for (const [position, { event: name, data }] of events.entries()) {
    const event = parseJson(data);
    if (!isJsonObject(event)) {
      failures.push(`payload ${position} is no JSON object: ${data.slice(0, 80)}`);
      continue;
    }
    const type = plain(event["type"]);
    if (name !== type) failures.push(`event: ${name} on a ${type}`);
    if (position === 0 && type !== "message_start" && type !== "error") failures.push(`starts with ${type}`);
    if (progress.counts["message_stop"] !== undefined) failures.push(`${type} after message_stop`);
    if (progress.counts["error"] !== undefined) failures.push(`${type} after error`);
    if (type.startsWith("content_block") && progress.counts["message_delta"])
      failures.push(`${type} after message_delta`);
    progress.counts[type] = (progress.counts[type] ?? 0) + 1;
    follow(progress, type, event);
  }
  checkEnd(progress);
  return failures;
}

function follow(progress: Progress, type: string, event: JsonObject): void {
  const { failures } = progress;
  if (type === "message_start" && progress.counts[type] !== 1) failures.push("second message_start");
  if (type === "content_block_start") startBlock(progress, event);
  if (type === "content_block_delta") followDelta(progress, event);
  if (type === "content_block_stop") stopBlock(progress, event["index"]);
  if (type === "message_delta" && progress.open !== null) failures.push("message_delta while a block is open");
}

function startBlock(progress: Progress, event: JsonObject): void {
  const block = toJsonObject(event["content_block"]);
  if (progress.open !== null) progress.failures.push(`block ${plain(event["index"])} opened while one is open`);
  if (event["index"] !== progress.nextIndex) {
    progress.failures.push(`block index ${plain(event["index"])}, expected ${progress.nextIndex}`);
  }
  progress.nextIndex += 1;
  if (block["type"] === "tool_use" && (!isName(block["id"]) || !isName(block["name"]))) {
    progress.failures.push("tool_use without id or name");
  }
  progress.open = { index: event["index"], block: { type: plain(block["type"]), json: "" } };
}

function followDelta(progress: Progress, event: JsonObject): void {
  const delta = toJsonObject(event["delta"]);
  const type = plain(delta["type"]);
  if (progress.open === null || progress.open.index !== event["index"]) {
    progress.failures.push(`${type} for a block that is not open`);
    return;
  }
  const { block } = progress.open;
  const isServerTool = type === "input_json_delta" && block.type.endsWith("_tool_use");
  if (blockOfDelta[type] !== undefined && blockOfDelta[type] !== block.type && !isServerTool) {
    progress.failures.push(`${type} in a ${block.type} block`);
  }
  if (type === "input_json_delta") block.json += plain(delta["partial_json"]);
}

function stopBlock(progress: Progress, index: JsonValue | undefined): void {
  if (progress.open === null || progress.open.index !== index) {
    progress.failures.push(`stop of block ${plain(index)} which is not open`);
    return;
  }
  const { type, json } = progress.open.block;
  if (type === "tool_use" && json !== "" && parseJson(json) === undefined) {
    progress.failures.push(`tool input is no JSON: ${json.slice(0, 80)}`);
  }
  progress.open = null;
}

function checkEnd(progress: Progress): void {
  const { counts, failures } = progress;
  if (counts["error"] !== undefined) {
    if (counts["message_stop"] !== undefined) failures.push("both an error and a message_stop");
    return;
  }
  for (const type of ["message_start", "message_delta", "message_stop"]) {
    if (counts[type] !== 1) failures.push(`${counts[type] ?? 0} times ${type}`);
  }
  if (progress.open !== null) failures.push("a block was left open");
}

/** The rules of an OpenAI stream that `events` break; none for a good one. */
export function openAiInvariants(events: readonly SseEvent[]): string[] {
  const failures: string[] = [];
  const finishes: JsonValue[] = [];
  let isDone = false;
  let hasError = false;
  for (const [position, { data }] of events.entries()) {
    if (isDone) failures.push(`a payload after [DONE]: ${data.slice(0, 80)}`);
    if (data === "[DONE]") {
      isDone = true;
      continue;
    }
    const chunk = parseJson(data);
    if (!isJsonObject(chunk)) {
      failures.push(`payload ${position} is no JSON object: ${data.slice(0, 80)}`);
      continue;
    }
    if (hasError) failures.push("a payload after the error");
    hasError ||= isJsonObject(chunk["error"]);
    for (const choice of toJsonArray(chunk["choices"]).map(toJsonObject)) {
      if (finishes.length > 0) failures.push("a choice after the finish_reason");
      if (typeof choice["finish_reason"] === "string") finishes.push(choice["finish_reason"]);
    }
  }
  if (hasError && finishes.length > 0) failures.push("both an error and a finish_reason");
  if (!hasError && finishes.length !== 1) failures.push(`${finishes.length} finish reasons`);
  if (!hasError && !isDone) failures.push("no [DONE]");
  return failures;
}

function isName(value: JsonValue | undefined): boolean {
  return typeof value === "string" && value !== "";
}
