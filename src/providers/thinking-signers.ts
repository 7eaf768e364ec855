/**
 * Who signed which thinking, as far as this process saw it: a provider refuses the signatures of another one.
 *
 * An answer passes as the bytes that came, so nothing in it can say whose it is; its marks are remembered instead.
 * Bounded: what was remembered longest ago goes first, and counts as unknown.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import type { Provider } from "./provider.ts";

/** At some 200 bytes each. A session of a day's work has a few hundred. */
const maxMarks = 50_000;

interface Knowledge {
  /** null: unknown. */
  readonly signer: string | null;
  readonly refusedBy: string | null;
}

const nothing: Knowledge = { signer: null, refusedBy: null };

/** In place of a signer: a mark that several of them send says nothing. */
const several = "";

/** The accounts and addresses of Anthropic know each other's signatures; any other provider is known by its name. */
export function signerOf({ kind, name }: Pick<Provider, "kind" | "name">): string {
  return kind === "anthropic" ? "anthropic" : name;
}

/** Empty at first. */
export class ThinkingSigners {
  readonly #known: BoundedMap<Knowledge>;
  readonly #signers = new Set<string>();
  readonly #refusers = new Set<string>();

  constructor(limit: number = maxMarks) {
    this.#known = new BoundedMap(limit);
  }

  /** What an answer of `signer` held. */
  remember(signer: string, marks: readonly string[]): void {
    for (const mark of marks) {
      this.#signers.add(signer);
      const before = this.#known.get(mark) ?? nothing;
      const isShared = before.signer !== null && before.signer !== signer;
      this.#known.set(mark, { ...before, signer: isShared ? several : signer });
    }
  }

  /** `signer` has refused these, whoever made them. */
  refuse(signer: string, marks: readonly string[]): void {
    for (const mark of marks) {
      this.#refusers.add(signer);
      this.#known.set(mark, { ...(this.#known.get(mark) ?? nothing), refusedBy: signer });
    }
  }

  /** Whether `signer` made it, as far as is known. */
  isOwn(signer: string, mark: string): boolean {
    return this.#known.get(mark)?.signer === signer;
  }

  /** Whether somebody else made it, or `signer` has refused it before. */
  isForeign(signer: string, mark: string): boolean {
    const { signer: maker, refusedBy } = this.#known.get(mark) ?? nothing;
    return refusedBy === signer || (maker !== null && maker !== several && maker !== signer);
  }

  /** Whether anything is known that is foreign to `signer`: else no request needs to be searched. */
  knowsForeign(signer: string): boolean {
    return this.#refusers.has(signer) || this.#signers.size > (this.#signers.has(signer) ? 1 : 0);
  }
}
