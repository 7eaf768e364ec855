/** Blocks as the `content` of one Anthropic message. */
import { isJsonObject, parseJson } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import type { BlockSink, DeltaKind } from "./block-sink.ts";

/** A sink that gathers blocks. */
export class MessageSink implements BlockSink {
  readonly #blocks: JsonObject[] = [];
  #current: JsonObject = {};
  #text = "";
  #hasBrokenCall = false;

  startProse(kind: "text" | "thinking"): void {
    this.#start({ type: kind });
  }

  startTool(_index: number, id: string, name: string): void {
    this.#start({ type: "tool_use", id, name });
  }

  startRedacted(_index: number, data: string): void {
    this.#start({ type: "redacted_thinking", data });
  }

  delta(_kind: DeltaKind, _index: number, piece: string): void {
    this.#text += piece;
  }

  sign(_index: number, signature: string): void {
    this.#current["signature"] = signature;
  }

  stop(): void {
    const current = this.#current;
    const type = current["type"];
    if (type === "tool_use") {
      const input = this.#text.trim() === "" ? {} : parseJson(this.#text);
      if (isJsonObject(input)) this.#blocks.push({ ...current, input });
      else this.#hasBrokenCall = true;
    } else if (type === "redacted_thinking") this.#blocks.push(current);
    else this.#blocks.push({ type: type ?? "text", [type === "text" ? "text" : "thinking"]: this.#text, ...current });
  }

  /** The blocks, and whether a tool call's arguments were no JSON object: then its block is left out. */
  content(): { readonly blocks: JsonObject[]; readonly hasBrokenCall: boolean } {
    return { blocks: this.#blocks, hasBrokenCall: this.#hasBrokenCall };
  }

  #start(block: JsonObject): void {
    this.#current = block;
    this.#text = "";
  }
}
