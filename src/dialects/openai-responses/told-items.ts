/**
 * What of a streamed response's items has been told already.
 *
 * Servers name an item in their events by its id, by its place in the output, or by neither; ids change from event to event
 * (GitHub Copilot), places are all 0 or missing (Lemonade: https://github.com/lemonade-sdk/lemonade/issues/3607).
 */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

export interface ToldItem {
  /** Number of the call among the answer's calls; null for what is no call. */
  readonly call: number | null;
  /** Parts of its content of which something was told; 0 for a call's arguments. */
  readonly told: Set<JsonValue>;
}

export class ToldItems {
  readonly #byId = new Map<JsonValue, ToldItem>();
  readonly #byPlace = new Map<JsonValue, ToldItem>();
  readonly #callIds = new Set<JsonValue | undefined>();
  #calls = 0;
  #last: ToldItem | null = null;

  get calls(): number {
    return this.#calls;
  }

  /** Whether a call with this id has begun. */
  hasCall(callId: JsonValue | undefined): boolean {
    return this.#callIds.has(callId);
  }

  /** The item of an event, or null. An event that names none is about the last one. */
  find({ item, item_id, output_index }: JsonObject): ToldItem | null {
    const id = item_id ?? toJsonObject(item)["id"] ?? null;
    const named = (id === null ? undefined : this.#byId.get(id)) ?? this.#byPlace.get(output_index ?? -1);
    if (named !== undefined) return named;
    return id === null && output_index === undefined ? this.#last : null;
  }

  /** An item that an event is the first to tell of. */
  add(event: JsonObject, isCall: boolean): ToldItem {
    const item = toJsonObject(event["item"]);
    const added = { call: isCall ? this.#calls++ : null, told: new Set<JsonValue>() };
    const id = event["item_id"] ?? item["id"];
    if (id !== undefined) this.#byId.set(id, added);
    if (event["output_index"] !== undefined) this.#byPlace.set(event["output_index"], added);
    if (isCall) this.#callIds.add(item["call_id"] ?? item["id"]);
    this.#last = added;
    return added;
  }
}
