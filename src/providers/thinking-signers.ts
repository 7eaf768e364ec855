/**
 * Who signed which thinking, as far as this process saw it: a provider refuses the signatures of another one.
 *
 * An answer passes as the bytes that came, so nothing in it can say whose it is; its marks are remembered instead.
 * Bounded: what was remembered longest ago goes first, and counts as unknown.
 */
import { BoundedMap } from "../core/bounded-map.ts";
import type { Provider } from "./provider.ts";

export interface ThinkingSigners {
  /** What an answer of `signer` held. */
  remember(signer: string, marks: readonly string[]): void;
  /** `signer` has refused these, whoever made them. */
  refuse(signer: string, marks: readonly string[]): void;
  /** Whether `signer` made it, as far as is known. */
  isOwn(signer: string, mark: string): boolean;
  /** Whether somebody else made it, or `signer` has refused it before. */
  isForeign(signer: string, mark: string): boolean;
  /** Whether anything is known that is foreign to `signer`: else no request needs to be searched. */
  knowsForeign(signer: string): boolean;
}

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
export function createThinkingSigners(limit: number = maxMarks): ThinkingSigners {
  const known = new BoundedMap<Knowledge>(limit);
  const signers = new Set<string>();
  const refusers = new Set<string>();
  return {
    remember(signer, marks) {
      for (const mark of marks) {
        signers.add(signer);
        const before = known.get(mark) ?? nothing;
        const isShared = before.signer !== null && before.signer !== signer;
        known.set(mark, { ...before, signer: isShared ? several : signer });
      }
    },
    refuse(signer, marks) {
      for (const mark of marks) {
        refusers.add(signer);
        known.set(mark, { ...(known.get(mark) ?? nothing), refusedBy: signer });
      }
    },
    isOwn: (signer, mark) => known.get(mark)?.signer === signer,
    isForeign(signer, mark) {
      const { signer: maker, refusedBy } = known.get(mark) ?? nothing;
      return refusedBy === signer || (maker !== null && maker !== several && maker !== signer);
    },
    knowsForeign: (signer) => refusers.has(signer) || signers.size > (signers.has(signer) ? 1 : 0),
  };
}
