/** Streams of the Responses API: the whole answer of answers.ts, told event by event. There is no `[DONE]`. */
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { splitText } from "../answers/answer-text.ts";
import type { AnswerFacts, Frame } from "../profile.ts";
import { createRandom, pickLetters } from "../random.ts";
import { countTokens } from "../answers/tokens.ts";
import { textOrJson } from "../text-or-json.ts";
import { listOutputParts, toResponse } from "./answers.ts";
import type { OutputPart } from "./answers.ts";

interface StreamEvent {
  /** Without the `response.` that all have before it. */
  readonly type: string;
  readonly fields: JsonObject;
  readonly tokens?: number;
}

/** The answer as numbered events. */
export function* toResponseFrames(facts: AnswerFacts): Iterable<Frame> {
  const random = createRandom(facts.seed);
  const isObfuscated = toJsonObject(facts.body["stream_options"])["include_obfuscation"] !== false;
  let sequence = 0;
  for (const { type, fields, tokens } of tellResponse(facts)) {
    // Letters that hide the length of a delta from who counts bytes.
    const padding = isObfuscated && type.endsWith(".delta") ? { obfuscation: pickLetters(random, 12) } : {};
    yield toFrame(`response.${type}`, sequence++, { ...fields, ...padding }, tokens);
  }
}

/** One event as it is sent. */
export function toFrame(type: string, sequence: number, fields: JsonObject, tokens = 0): Frame {
  const payload = { type, sequence_number: sequence, ...fields };
  return { text: `event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`, tokens };
}

function* tellResponse(facts: AnswerFacts): Iterable<StreamEvent> {
  const response = toResponse(facts);
  const begun = { status: "in_progress", completed_at: null, incomplete_details: null, output: [], usage: null };
  yield { type: "created", fields: { response: { ...response, ...begun } } };
  yield { type: "in_progress", fields: { response: { ...response, ...begun } } };
  const items = toJsonArray(response["output"]).map(toJsonObject);
  for (const [index, part] of listOutputParts(facts).entries()) {
    const item = items[index] ?? {};
    const place = { item_id: item["id"], output_index: index };
    yield { type: "output_item.added", fields: { output_index: index, item: emptyItem(part, item) } };
    yield* tellContent(part, item, place);
    // Thoughts that nobody sees take their time all the same.
    const isUnseen = part.kind === "thought" && toJsonArray(item["summary"]).length === 0;
    const tokens = isUnseen ? countTokens(part.text) : 0;
    yield { type: "output_item.done", fields: { output_index: index, item }, tokens };
  }
  yield { type: textOrJson(response["status"]), fields: { response } };
}

/** Encrypted content is not whole before its item is. */
function emptyItem(part: OutputPart, item: JsonObject): JsonObject {
  if (part.kind === "call") return { ...item, status: "in_progress", arguments: "" };
  if (part.kind !== "thought") return { ...item, status: "in_progress", content: [] };
  const { encrypted_content: encrypted } = item;
  return {
    ...item,
    summary: [],
    encrypted_content: encrypted === undefined ? undefined : textOrJson(encrypted).slice(0, 60),
  };
}

function* tellContent(part: OutputPart, item: JsonObject, place: JsonObject): Iterable<StreamEvent> {
  if (part.kind === "thought") yield* tellSummaries(item, place);
  else if (part.kind === "call") {
    yield* tellText("function_call_arguments", part.inputJson, place);
    yield { type: "function_call_arguments.done", fields: { ...place, name: part.name, arguments: part.inputJson } };
  } else {
    const field = part.kind;
    const at = { ...place, content_index: 0 };
    const whole = toJsonObject(toJsonArray(item["content"])[0]);
    const logprobs: JsonObject = field === "text" ? { logprobs: [] } : {};
    const name = field === "text" ? "output_text" : "refusal";
    yield { type: "content_part.added", fields: { ...at, part: { ...whole, [field]: "" } } };
    yield* tellText(name, part.text, { ...at, ...logprobs });
    yield { type: `${name}.done`, fields: { ...at, ...logprobs, [field]: part.text } };
    yield { type: "content_part.done", fields: { ...at, part: whole } };
  }
}

function* tellSummaries(item: JsonObject, place: JsonObject): Iterable<StreamEvent> {
  for (const [index, part] of toJsonArray(item["summary"]).map(toJsonObject).entries()) {
    const at = { ...place, summary_index: index };
    const text = textOrJson(part["text"]);
    yield { type: "reasoning_summary_part.added", fields: { ...at, part: { ...part, text: "" } } };
    yield* tellText("reasoning_summary_text", text, at);
    yield { type: "reasoning_summary_text.done", fields: { ...at, text } };
    yield { type: "reasoning_summary_part.done", fields: { ...at, part } };
  }
}

function* tellText(name: string, text: string, place: JsonObject): Iterable<StreamEvent> {
  for (const delta of splitText(text)) {
    yield { type: `${name}.delta`, fields: { ...place, delta }, tokens: countTokens(delta) };
  }
}
