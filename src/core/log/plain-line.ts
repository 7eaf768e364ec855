/**
 * Renders lines of plain values, most of which come again and again, as those of calls do: each word is written as JSON
 * and searched for secrets once, then looked up. To write and search each line as a whole takes twice as long.
 */
import { BoundedMap } from "../collections/bounded-map.ts";
import type { LineRedactor } from "./log-redaction.ts";
import type { LogFields } from "./log-fields.ts";

/** Of each field. */
const maxWords = 500;
const longestWord = 100;

interface Field {
  /** Its name as JSON, with the colon. */
  readonly head: string;
  /** The whole field as JSON by its value, without secrets. */
  readonly words: BoundedMap<string>;
}

export class PlainLines {
  readonly #redactor: LineRedactor;
  readonly #fields = new Map<string, Field>();
  #shared = new WeakMap<LogFields, string>();

  constructor(redactor: LineRedactor) {
    this.#redactor = redactor;
  }

  /** `fields` as JSON, each with a comma before it; undefined ones are left out. No secret is left in it. */
  render(fields: LogFields): string {
    let text = "";
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      const field = this.#fields.get(name) ?? this.#addField(name);
      if (typeof value === "string") text += this.#word(field, value);
      else if (typeof value === "boolean") text += `${field.head}${value}`;
      else if (typeof value === "number" && Number.isFinite(value)) text += `${field.head}${value}`;
      else text += this.#redactor.redact(field.head + JSON.stringify(value));
    }
    return text;
  }

  /** The same of fields that many lines have and nobody changes: rendered once. */
  renderShared(fields: LogFields): string {
    let text = this.#shared.get(fields);
    if (text === undefined) this.#shared.set(fields, (text = this.render(fields)));
    return text;
  }

  /** Secrets that were not known before: what was rendered may hold them. */
  forget(): void {
    this.#fields.clear();
    this.#shared = new WeakMap();
  }

  #addField(name: string): Field {
    const field = { head: `,${JSON.stringify(name)}:`, words: new BoundedMap<string>(maxWords) };
    this.#fields.set(name, field);
    return field;
  }

  #word({ head, words }: Field, value: string): string {
    const known = words.get(value);
    if (known !== undefined) return known;
    const text = this.#redactor.redact(head + JSON.stringify(value));
    if (value.length <= longestWord) words.set(value, text);
    return text;
  }
}
