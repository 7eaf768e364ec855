/**
 * Gives the events of a stream their names: some servers of the dialect send data alone, and Anthropic's client libraries
 * go by the name. https://platform.claude.com/docs/en/build-with-claude/streaming (each event has one)
 *
 * A stream whose first event has a name passes as the bytes that came, up to an error: that of LiteLLM has none.
 */
import { isJsonObject, parseJson, toText } from "../../core/json/json.ts";
import { SseReader, unframed } from "../sse.ts";
import { readAnthropicError } from "./events.ts";

const nothing = Buffer.alloc(0);

/** Names the events of one stream. */
export class EventNamer {
  #areNamed: boolean | null = null;
  #text = "";
  readonly #reader = new SseReader((data, event) => {
    if (event !== unframed) this.#text += formatEvent(event === "" ? nameOf(data) : event, data);
  });

  /** Whole events of the stream; the same, named. `hasError`: whether they tell an error, which may be nameless by itself. */
  push(events: Uint8Array, hasError = false): Uint8Array {
    this.#areNamed = (this.#areNamed ?? isFirstNamed(events)) && !(hasError && namesOf(events).includes(""));
    if (this.#areNamed !== false) return events;
    this.#reader.push(events);
    return this.#take();
  }

  /** What is left of a last event that lacked its end. */
  end(): Uint8Array {
    if (this.#areNamed !== false) return nothing;
    this.#reader.end();
    return this.#take();
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    return bytes;
  }
}

/** A whole stream with its names; the same bytes where they are there. */
export function nameEvents(stream: Buffer): Buffer {
  const names = new EventNamer();
  const named = names.push(stream);
  return named === stream ? stream : Buffer.concat([named, names.end()]);
}

const eventField = Buffer.from("event:");

/** Whether the first event has a name; null where there is no event yet, but comments. */
function isFirstNamed(events: Uint8Array): boolean | null {
  if (eventField.equals(events.subarray(0, eventField.length))) return true;
  const [first] = namesOf(events);
  return first === undefined ? null : first !== "";
}

function namesOf(events: Uint8Array): string[] {
  const names: string[] = [];
  const reader = new SseReader((_data, event) => names.push(event));
  reader.push(events);
  reader.end();
  return names;
}

function nameOf(data: string): string {
  const event = parseJson(data);
  if (!isJsonObject(event)) return "";
  const type = readAnthropicError(event) === null ? event["type"] : "error";
  return toText(type);
}

function formatEvent(name: string, data: string): string {
  const lines = data.split("\n").map((line) => `data: ${line}\n`);
  return `${name === "" ? "" : `event: ${name}\n`}${lines.join("")}\n`;
}
