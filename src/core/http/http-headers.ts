/** Names and values of headers, as both ends of the router read and write them. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */

/** What a header, or a method, may be called. */
export const httpToken: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What stands in no header's value: it could end the line early, or is no byte. */
export const badHeaderValue: RegExp = /[^\t\x20-\x7e\x80-\xff]/;

/** More are not kept: whoever writes to us repeats its names, and made-up ones must not stay. */
const keptNamesLimit = 500;

/** Names as they came -> in lower case, each checked once. */
export class HeaderNames {
  readonly #known: Map<string, string>;

  /** `usual`: known from the start, so that no flood of made-up names keeps them out. */
  constructor(usual: readonly string[] = []) {
    const forms = usual.flatMap((name) => [name, name.toLowerCase()]);
    this.#known = new Map(forms.map((form) => [form, form.toLowerCase()]));
  }

  /** `raw` in lower case; null for what is no name. */
  read(raw: string): string | null {
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    if (!httpToken.test(raw)) return null;
    const name = raw.toLowerCase();
    if (this.#known.size < keptNamesLimit) this.#known.set(raw, name);
    return name;
  }
}
