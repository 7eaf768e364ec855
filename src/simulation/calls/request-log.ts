/** What a simulated provider remembers of the requests it got, bounded: for tests and for `/simulation/requests`. */
import type { JsonValue } from "../../core/json/json.ts";
import type { RequestHeaders } from "../profile.ts";

export interface ReceivedRequest {
  /** 1, 2, 3 … in order of arrival. */
  readonly serial: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: RequestHeaders;
  readonly bodyText: string;
  /** Undefined where the body is no JSON. */
  readonly body: JsonValue | undefined;
  /** Unix milliseconds. */
  readonly receivedAtMs: number;
}

/** A request whose client went away before its answer was whole. */
export interface AbortedRequest {
  readonly serial: number;
  readonly path: string;
  /** Unix milliseconds. */
  readonly abortedAtMs: number;
  /** Bytes of the answer that were written until then, headers not counted. */
  readonly bytesWritten: number;
}

/** A list that keeps its last `limit` entries. */
export class Ring<Item> {
  readonly #limit: number;
  #items: Item[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: Item): void {
    this.#items.push(item);
    // Cut seldom, so that an entry costs no shift of all others.
    if (this.#items.length >= this.#limit * 2) this.#items = this.#items.slice(-this.#limit);
  }

  /** The entries, the oldest first. */
  list(): Item[] {
    return this.#items.slice(-this.#limit);
  }

  clear(): void {
    this.#items = [];
  }
}
