/**
 * Marks of thinking: a short hash of a block's signature (or of the data of redacted thinking), by which it is known
 * again when the client sends it back.
 */
import { hash } from "node:crypto";
import { parseJson, toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { ThinkingMarks } from "../answer-facts.ts";
import type { AnthropicEvent } from "./events.ts";

/** Of 96 bits: two blocks do not share one by chance. */
const markLength = 16;

/** Signatures have some thousand characters; what a broken provider sends without end is nobody's. */
const longestSignature = 262_144;
const mostBlocks = 1_000;

/** The mark of a signature. */
export function markOf(signature: string): string {
  return hash("sha256", signature, "base64url").slice(0, markLength);
}

/** What a block is known by; null for a block that is no thinking. One without a signature has "". */
export function signatureOf(block: JsonValue): string | null {
  const { type, signature, data } = toJsonObject(block);
  if (type === "thinking") return toText(signature);
  return type === "redacted_thinking" && typeof data === "string" ? data : null;
}

/** The marks of a whole message. */
export function marksOfMessage(message: JsonObject): ThinkingMarks {
  const signatures = toJsonArray(message["content"]).map(signatureOf).filter(isSigned);
  return { list: () => signatures.map(markOf) };
}

/** Gathers the marks of a stream. */
export class StreamThinkingMarks implements ThinkingMarks {
  readonly #signatures: string[] = [];
  #open = "";
  #isTooLong = false;

  /** A piece of a signature: the content of a JSON string, as it stands in `bytes`. */
  addRaw(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
    const signature = text.includes("\\") ? parseJson(`"${text}"`) : text;
    if (typeof signature === "string") this.#add(signature);
  }

  /** Takes an event that was read. */
  read(event: AnthropicEvent): void {
    if (event.kind === "block-delta" && event.delta.kind === "signature") this.#add(event.delta.signature);
    if (event.kind !== "block-start") return;
    this.#endBlock();
    this.#add(signatureOf(event.block) ?? "");
  }

  list(): string[] {
    this.#endBlock();
    return this.#signatures.map(markOf);
  }

  #add(piece: string): void {
    this.#isTooLong ||= this.#open.length + piece.length > longestSignature;
    if (!this.#isTooLong) this.#open += piece;
  }

  #endBlock(): void {
    if (this.#open !== "" && !this.#isTooLong && this.#signatures.length < mostBlocks)
      this.#signatures.push(this.#open);
    this.#open = "";
    this.#isTooLong = false;
  }
}

function isSigned(signature: string | null): signature is string {
  return signature !== null && signature !== "";
}
