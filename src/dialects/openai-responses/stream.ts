/**
 * The events of a streamed response as chunks of Chat Completions.
 * https://developers.openai.com/api/docs/api-reference/responses-streaming
 *
 * Nothing is told before the model's first word, thought or call: as long as nothing has reached the client another
 * target may serve the call.
 */
import { isJsonObject, parseJson, toJsonObject } from "../../core/json.ts";
import type { JsonObject } from "../../core/json.ts";
import { createSseReader, formatSseData } from "../sse.ts";
import { encryptedDetail, summaryDetail } from "./reasoning-items.ts";
import type { DetailPlace } from "./reasoning-items.ts";
import { toChatError, toChatHead, toFinishReason } from "./response-head.ts";
import { isCall, textOfCall, toChatToolCall } from "./tool-call.ts";
import { toChatUsage } from "./usage.ts";

export interface ResponsesStream {
  /** A piece of the provider's stream; its chunks as text, "" for none. */
  push(piece: Uint8Array): string;
  /** The provider's stream is over. */
  end(): string;
}

/** `provider`: who encrypts the reasoning. `asksUsage`: the client wants the counts in a chunk of their own. */
export function createResponsesStream(provider: string, asksUsage: boolean): ResponsesStream {
  const translation = new StreamTranslation(provider, asksUsage);
  const reader = createSseReader((data) => translation.read(data));
  return {
    push(piece) {
      reader.push(piece);
      return translation.take();
    },
    end() {
      reader.end();
      return translation.take();
    },
  };
}

interface CallState {
  readonly index: number;
  hasText: boolean;
}

class StreamTranslation {
  readonly #provider: string;
  readonly #asksUsage: boolean;
  #response: JsonObject = {};
  #chunks = "";
  #hasBegun = false;
  /** Calls by their item's place in the output. */
  readonly #calls = new Map<unknown, CallState>();
  /** Details told so far: each part of a summary and each encrypted content has a number of its own. */
  #details = 0;
  #hasSummary = false;

  constructor(provider: string, asksUsage: boolean) {
    this.#provider = provider;
    this.#asksUsage = asksUsage;
  }

  take(): string {
    const chunks = this.#chunks;
    this.#chunks = "";
    return chunks;
  }

  read(data: string): void {
    const event = parseJson(data);
    // What is no event is told by whoever reads chunks.
    if (!isJsonObject(event)) this.#chunks += data.trim() === "" ? "" : formatSseData(data.replaceAll("\n", " "));
    else this.#readEvent(event);
  }

  #readEvent(event: JsonObject): void {
    const { delta } = event;
    switch (event["type"]) {
      case "response.created":
        this.#response = toJsonObject(event["response"]);
        return;
      case "response.output_text.delta":
        return this.#tell({ content: delta ?? "" });
      case "response.refusal.delta":
        return this.#tell({ refusal: delta ?? "" });
      case "response.reasoning_summary_part.added":
        return this.#beginSummaryPart();
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#tellSummary(event);
      case "response.output_item.added":
        return this.#beginItem(event);
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#tellArguments(event);
      case "response.output_item.done":
        return this.#endItem(event);
      case "response.completed":
      case "response.incomplete":
        return this.#finish(toJsonObject(event["response"]));
      case "response.failed":
        return this.#fail(toJsonObject(event["response"]));
      case "error":
        return this.#fail(event);
      default: // Ends of what came in pieces, steps of the provider's own tools, signs of life.
    }
  }

  #tell(delta: JsonObject): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#write(choice({ role: "assistant", content: "" }, null));
    }
    this.#write(choice(delta, null));
  }

  #write(fields: JsonObject): void {
    const head = toChatHead(this.#response, "chat.completion.chunk");
    this.#chunks += formatSseData(JSON.stringify({ ...head, ...fields }));
  }

  #beginSummaryPart(): void {
    if (this.#hasSummary) this.#tell({ reasoning: "\n\n" });
    this.#details++;
  }

  #tellSummary({ delta, item_id }: JsonObject): void {
    if (typeof delta !== "string" || delta === "") return;
    this.#hasSummary = true;
    this.#tell({ reasoning: delta, reasoning_details: [summaryDetail(this.#placeOf(item_id), delta)] });
  }

  #placeOf(id: JsonObject[string] | undefined): DetailPlace {
    return { provider: this.#provider, id: id ?? "", index: this.#details };
  }

  #beginItem({ item, output_index }: JsonObject): void {
    const added = toJsonObject(item);
    if (!isCall(added)) return;
    const call = { index: this.#calls.size, hasText: false };
    this.#calls.set(output_index, call);
    this.#tell({ tool_calls: [{ index: call.index, ...toChatToolCall(added, "") }] });
  }

  #tellArguments({ type, delta, output_index }: JsonObject): void {
    const call = this.#calls.get(output_index);
    if (call === undefined || typeof delta !== "string" || delta === "") return;
    call.hasText = true;
    const isCustom = type === "response.custom_tool_call_input.delta";
    const piece = isCustom ? { custom: { input: delta } } : { function: { arguments: delta } };
    this.#tell({ tool_calls: [{ index: call.index, ...piece }] });
  }

  /** Reasoning's content is whole here only. A call that came in one piece, without its beginning or its pieces, counts. */
  #endItem(event: JsonObject): void {
    const item = toJsonObject(event["item"]);
    const data = item["encrypted_content"];
    if (item["type"] === "reasoning" && typeof data === "string") {
      this.#details++;
      this.#tell({ reasoning_details: [encryptedDetail(this.#placeOf(item["id"]), data)] });
    }
    if (!isCall(item)) return;
    if (!this.#calls.has(event["output_index"])) this.#beginItem(event);
    const type = item["type"] === "custom_tool_call" ? "response.custom_tool_call_input.delta" : "";
    if (this.#calls.get(event["output_index"])?.hasText === false) {
      this.#tellArguments({ ...event, type, delta: textOfCall(item) });
    }
  }

  #finish(response: JsonObject): void {
    this.#response = { ...this.#response, ...response };
    if (!this.#hasBegun) this.#tell({});
    const usage = toChatUsage(response["usage"]);
    const finish = choice({}, toFinishReason(response, this.#calls.size > 0));
    // Who did not ask for the counts may not expect a chunk without a choice; the router reads them in either place.
    this.#write(usage === null || this.#asksUsage ? finish : { ...finish, usage });
    if (usage !== null && this.#asksUsage) this.#write({ choices: [], usage });
    this.#chunks += formatSseData("[DONE]");
  }

  #fail(failed: JsonObject): void {
    this.#chunks += formatSseData(JSON.stringify(toChatError(failed) ?? toChatError({ error: {} })));
  }
}

function choice(delta: JsonObject, finish: string | null): JsonObject {
  return { choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] };
}
