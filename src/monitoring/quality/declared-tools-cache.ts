/**
 * The tools that requests declare, read once for all requests that declare the same ones.
 *
 * A coding client sends the same tens of kilobytes with each call of a session: comparing bytes costs microseconds,
 * reading them most of a millisecond. So a few lists are kept, and new ones are read at a bounded rate; past it a
 * request's tools count as not known.
 */
import { parseJson } from "../../core/json/json.ts";
import { declaredTools } from "./declared-tools.ts";
import type { DeclaredTools } from "./declared-tools.ts";

interface Kept {
  readonly bytes: Buffer;
  readonly tools: DeclaredTools | null;
}

const maxLists = 32;
const maxListBytes = 1_048_576;
/** Bytes read in one second at most: about a hundredth of a core. */
const maxReadBytesPerSecond = 1_048_576;
const noTools: DeclaredTools = new Map();

export class DeclaredToolsCache {
  /** The one used last stands last. */
  readonly #lists: Kept[] = [];
  #readBytes = 0;
  #readSinceMs = 0;

  /** The tools in the value of a request's `tools`, null where they are not known; `bytes` null: none declared. */
  find(bytes: Buffer | null, nowMs: number): DeclaredTools | null {
    if (bytes === null) return noTools;
    const index = this.#lists.findLastIndex((kept) => kept.bytes.length === bytes.length && kept.bytes.equals(bytes));
    const found = this.#lists[index];
    if (found !== undefined) {
      if (index < this.#lists.length - 1) this.#lists.push(...this.#lists.splice(index, 1));
      return found.tools;
    }
    if (bytes.length > maxListBytes || !this.#mayRead(bytes.length, nowMs)) return null;
    const tools = declaredTools({ tools: parseJson(bytes.toString()) ?? null });
    // A copy: the bytes are part of a request that may hold megabytes.
    this.#lists.push({ bytes: Buffer.from(bytes), tools });
    if (this.#lists.length > maxLists) this.#lists.shift();
    return tools;
  }

  #mayRead(bytes: number, nowMs: number): boolean {
    if (nowMs - this.#readSinceMs >= 1_000) {
      this.#readSinceMs = nowMs;
      this.#readBytes = 0;
    }
    if (this.#readBytes > 0 && this.#readBytes + bytes > maxReadBytesPerSecond) return false;
    this.#readBytes += bytes;
    return true;
  }
}
