/**
 * The events of a streamed response as chunks of Chat Completions.
 * https://developers.openai.com/api/docs/api-reference/responses-streaming
 *
 * Nothing is told before the model's first word or call, or a thought that can be read: as long as nothing has reached the
 * client another target may serve the call. What comes without its pieces is told when it is whole: gateways leave deltas
 * out, or all events but the last.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { readPayloadError } from "../openai-chat/errors.ts";
import { SseReader, formatSseData, unframed } from "../sse.ts";
import { encryptedDetail, summaryDetail } from "./reasoning-items.ts";
import { isFailed, toChatError, toChatHead, toFinishReason } from "./response-head.ts";
import { ToldItems } from "./told-items.ts";
import type { ToldItem } from "./told-items.ts";
import { isCall, textOfCall, toChatToolCall } from "./tool-call.ts";
import { toChatUsage } from "./usage.ts";

/** A translation of one stream. */
export class ResponsesStream {
  readonly #reader = new SseReader((data, name) => this.#read(data, name));
  readonly #provider: string;
  readonly #asksUsage: boolean;
  #response: JsonObject = {};
  #chunks = "";
  #hasBegun = false;
  #hasEnded = false;
  readonly #items = new ToldItems();
  /** The message whose text was told last. */
  #speaking: ToldItem | null = null;
  /** Details so far: each part of a summary and each encrypted content has a number of its own. */
  #details = 0;
  #hasSummary = false;
  /** Encrypted reasoning that waits for what it led to: by itself it says nothing to a client. */
  #held: JsonObject[] = [];
  readonly #encryptedIds = new Set<JsonValue | undefined>();
  /** A response that failed without a reason: Azure gives it in the next event (https://github.com/earendil-works/pi/issues/7983). */
  #failed: JsonObject | null = null;

  /** `provider`: who encrypts the reasoning. `asksUsage`: the client wants the counts in a chunk of their own. */
  constructor(provider: string, asksUsage: boolean) {
    this.#provider = provider;
    this.#asksUsage = asksUsage;
  }

  /** A piece of the provider's stream; its chunks as text, "" for none. */
  push(piece: Uint8Array): string {
    this.#reader.push(piece);
    return this.#take();
  }

  /** The provider's stream is over. */
  end(): string {
    this.#reader.end();
    if (this.#failed !== null && !this.#hasEnded) this.#fail(this.#failed);
    return this.#take();
  }

  /** Whether an event passed the size limit: nothing is told any more. */
  isOverflown(): boolean {
    return this.#reader.isOverflown();
  }

  #take(): string {
    const chunks = this.#chunks;
    this.#chunks = "";
    return chunks;
  }

  #read(data: string, name: string): void {
    const event = parseJson(data);
    if (isJsonObject(event)) this.#readEvent(event, event["type"] ?? (name === unframed ? "" : name));
    else if (name === unframed) return;
    // Only a response's own end is one. What else is no event is told by whoever reads chunks.
    else if (data.trim() !== "[DONE]" && data.trim() !== "") this.#chunks += formatSseData(data.replaceAll("\n", " "));
  }

  #readEvent(event: JsonObject, type: JsonValue): void {
    if (this.#hasEnded) return;
    if (isJsonObject(event["response"])) this.#response = { ...this.#response, ...event["response"] };
    switch (type) {
      case "response.output_text.delta":
        return this.#tellText(event, "content", event["delta"]);
      case "response.refusal.delta":
        return this.#tellText(event, "refusal", event["delta"]);
      case "response.output_text.done":
        return this.#tellUntold(event, "content", event["text"]);
      case "response.refusal.done":
        return this.#tellUntold(event, "refusal", event["refusal"]);
      case "response.reasoning_summary_part.added":
        return this.#beginSummaryPart();
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#tellSummary(event);
      case "response.output_item.added":
        return this.#beginItem(event);
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#tellArguments(event, type === "response.custom_tool_call_input.delta");
      case "response.output_item.done":
        return this.#endItem(event);
      case "response.completed":
      case "response.incomplete":
        return this.#finish();
      case "response.failed":
        return this.#fail(toJsonObject(event["response"]));
      default: // Ends of what came in pieces, steps of the provider's own tools, signs of life; errors, by whatever name.
        if (type === "error") this.#fail({ ...event, type });
        else if (isJsonObject(event["error"])) this.#fail(event);
        // As text, or in another server's form, which the reader of chunks knows.
        else if (type === "" && readPayloadError(event) !== null) this.#chunks += formatSseData(JSON.stringify(event));
    }
  }

  #tell(delta: JsonObject): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#write(choice({ role: "assistant", content: "" }, null));
    }
    const held = this.#held;
    this.#held = [];
    if (held.length > 0) this.#write(choice({ reasoning_details: held }, null));
    this.#write(choice(delta, null));
  }

  #write(fields: JsonObject): void {
    const head = toChatHead(this.#response, "chat.completion.chunk");
    this.#chunks += formatSseData(JSON.stringify({ ...head, ...fields }));
  }

  #tellText(event: JsonObject, field: "content" | "refusal", text: JsonValue | undefined): void {
    if (typeof text !== "string" || text === "") return;
    const message = this.#items.find(event) ?? this.#items.add(event, false);
    message.told.add(event["content_index"] ?? 0);
    const isNext = this.#speaking !== null && this.#speaking !== message;
    this.#speaking = message;
    this.#tell({ [field]: isNext ? `\n\n${text}` : text });
  }

  #tellUntold(event: JsonObject, field: "content" | "refusal", text: JsonValue | undefined): void {
    const isTold = this.#items.find(event)?.told.has(event["content_index"] ?? 0) === true;
    if (!isTold) this.#tellText(event, field, text);
  }

  #beginSummaryPart(): void {
    if (this.#hasSummary) this.#tell({ reasoning: "\n\n" });
    this.#details++;
  }

  #tellSummary({ delta, item_id }: JsonObject): void {
    if (typeof delta !== "string" || delta === "") return;
    this.#hasSummary = true;
    const place = { provider: this.#provider, id: item_id ?? "", index: this.#details };
    this.#tell({ reasoning: delta, reasoning_details: [summaryDetail(place, delta)] });
  }

  #beginItem(event: JsonObject): void {
    const item = toJsonObject(event["item"]);
    const { call } = this.#items.add(event, isCall(item));
    if (call !== null) this.#tell({ tool_calls: [{ index: call, ...toChatToolCall(item, "") }] });
  }

  #tellArguments(event: JsonObject, isCustom: boolean): void {
    const { delta } = event;
    const found = this.#items.find(event);
    if (found === null || found.call === null || typeof delta !== "string" || delta === "") return;
    found.told.add(0);
    const piece = isCustom ? { custom: { input: delta } } : { function: { arguments: delta } };
    this.#tell({ tool_calls: [{ index: found.call, ...piece }] });
  }

  /** An item is whole: what of it was not told is told now. */
  #endItem(event: JsonObject): void {
    const item = toJsonObject(event["item"]);
    if (item["type"] === "reasoning") this.#holdReasoning(item);
    else if (item["type"] === "message") this.#endMessage(event, item);
    else if (isCall(item)) this.#endCall(event, item);
  }

  /** Reasoning's content is whole here only. */
  #holdReasoning({ id, encrypted_content: data }: JsonObject): void {
    if (typeof data !== "string" || this.#encryptedIds.has(id)) return;
    this.#encryptedIds.add(id);
    this.#details++;
    this.#held.push(encryptedDetail({ provider: this.#provider, id: id ?? "", index: this.#details }, data));
  }

  #endMessage(event: JsonObject, { content }: JsonObject): void {
    for (const [index, value] of toJsonArray(content).entries()) {
      const part = toJsonObject(value);
      const place = { ...event, content_index: index };
      if (part["type"] === "output_text") this.#tellUntold(place, "content", part["text"]);
      if (part["type"] === "refusal") this.#tellUntold(place, "refusal", part["refusal"]);
    }
  }

  #endCall(event: JsonObject, item: JsonObject): void {
    const isNew = !this.#items.hasCall(item["call_id"] ?? item["id"]);
    if (isNew) this.#beginItem(event);
    const found = this.#items.find(event);
    if (found?.told.has(0) === true) return;
    this.#tellArguments({ ...event, delta: textOfCall(item) }, item["type"] === "custom_tool_call");
  }

  #finish(): void {
    if (isFailed(this.#response)) return this.#fail(this.#response);
    this.#tellWhatIsLeft();
    if (!this.#hasBegun || this.#held.length > 0) this.#tell({});
    this.#hasEnded = true;
    const usage = toChatUsage(this.#response["usage"]);
    const finish = choice({}, toFinishReason(this.#response, this.#items.calls > 0));
    // Who did not ask for the counts may not expect a chunk without a choice; the router reads them in either place.
    this.#write(usage === null || this.#asksUsage ? finish : { ...finish, usage });
    if (usage !== null && this.#asksUsage) this.#write({ choices: [], usage });
    this.#chunks += formatSseData("[DONE]");
  }

  /** Of a response whose items no event told of. Words that were told may stand there under other names. */
  #tellWhatIsLeft(): void {
    const hasSpoken = this.#speaking !== null;
    for (const [place, value] of toJsonArray(this.#response["output"]).entries()) {
      const item = toJsonObject(value);
      const isTold = isCall(item) ? this.#items.hasCall(item["call_id"] ?? item["id"]) : hasSpoken;
      if (!isTold || item["type"] === "reasoning") this.#endItem({ item, item_id: item["id"] ?? `left ${place}` });
    }
  }

  #fail(failed: JsonObject): void {
    const error = toChatError(failed);
    if (error === null && this.#failed === null) {
      this.#failed = failed;
      return;
    }
    this.#hasEnded = true;
    const usage = toChatUsage(this.#response["usage"]);
    if (usage !== null && this.#hasBegun) this.#write({ choices: [], usage });
    this.#chunks += formatSseData(JSON.stringify(error ?? toChatError({ error: {} })));
  }
}

function choice(delta: JsonObject, finish: string | null): JsonObject {
  return { choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] };
}
