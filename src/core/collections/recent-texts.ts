/** Texts of values that come again and again: made once for each, the last few are kept. */

const kept = 8;

export class RecentTexts<T> {
  readonly #toText: (value: T) => string;
  readonly #isSame: (one: T, other: T) => boolean;
  readonly #recent: { readonly value: T; readonly text: string }[] = [];
  #oldest = 0;

  /** `isSame`: whether two values have one text, and none of them will change. */
  constructor(toText: (value: T) => string, isSame: (one: T, other: T) => boolean) {
    this.#toText = toText;
    this.#isSame = isSame;
  }

  textOf(value: T): string {
    for (const recent of this.#recent) if (this.#isSame(recent.value, value)) return recent.text;
    const text = this.#toText(value);
    this.#recent[this.#oldest] = { value, text };
    this.#oldest = (this.#oldest + 1) % kept;
    return text;
  }
}
