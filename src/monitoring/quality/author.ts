/** Who wrote an answer, and who wrote which of the last answers: for what people say about them later. */
import { BoundedMap } from "../../core/collections/bounded-map.ts";
import type { CallRecord } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";

export interface Author {
  readonly target: Target;
  readonly tier: string;
  readonly user: string;
}

const maxAuthors = 10_000;

/** One object for all answers of an author: thousands that stay would each be moved twice by V8. */
export class Authors {
  readonly #known = new BoundedMap<Author>(maxAuthors);

  of(target: Target, { tier, user }: CallRecord["caller"]): Author {
    const key = `${user}\0${tier}\0${target.provider}\0${target.model}`;
    let author = this.#known.get(key);
    if (author === undefined) {
      author = { target, tier, user };
      this.#known.set(key, author);
    }
    return author;
  }
}

/**
 * The authors of the last calls, by the call's id. A call costs one place in two arrays and nothing that V8 has to
 * move; a look-up, which a person's word is worth, walks through them.
 */
export class CallAuthors {
  readonly #prints: Float64Array;
  readonly #authors: Author[] = [];
  #next = 0;

  constructor(maxCalls: number) {
    this.#prints = new Float64Array(maxCalls);
  }

  add(callId: string, author: Author): void {
    this.#prints[this.#next] = fingerprint(callId);
    this.#authors[this.#next] = author;
    this.#next = (this.#next + 1) % this.#prints.length;
  }

  find(callId: string): Author | undefined {
    const print = fingerprint(callId);
    // The newest first: an id that came twice is its last call's.
    const { length } = this.#authors;
    for (let age = 1; age <= length; age++) {
      const place = (this.#next - age + length) % length;
      if (this.#prints[place] === print) return this.#authors[place];
    }
    return undefined;
  }
}

/** 53 bits of an id (FNV-1a, twice): that two of so few calls share them will not happen. */
function fingerprint(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  return (high >>> 11) * 0x1_0000_0000 + (low >>> 0);
}
