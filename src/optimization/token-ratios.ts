/**
 * Tokens of a request by its bytes, corrected for each model by the usage that its provider reported.
 *
 * The first guess is the family's ratio (docs/token-counting.md); each record moves the correction, geometrically, so
 * that one prompt full of pictures does not spoil it. Bounded: the model seen longest ago is forgotten.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import type { CallRecord } from "../core/record.ts";
import { totalInput } from "../core/usage.ts";
import { estimateTokensFromBytes } from "./count-tokens.ts";

export interface TokenRatios {
  /** Learns from a finished call with counts of the provider. */
  observe(record: CallRecord): void;
  /** Tokens that `bytes` of a request would be for `model`. */
  tokensOf(bytes: number, model: string): number;
}

const maxModels = 500;
/** Weight of a new observation: the last twenty or so count. */
const pace = 0.05;
const tokensPerByte = { least: 0.02, most: 2 };

/** Knows the families' ratios at first. */
export function createTokenRatios(): TokenRatios {
  /** log of tokens a byte. */
  const logs = new BoundedMap<number>(maxModels);
  const firstGuess = (model: string): number => Math.log(estimateTokensFromBytes(100_000, model) / 100_000);
  return {
    observe(record) {
      const { target, usage, requestBytes } = record;
      if (target === null || usage === null || record.isUsageEstimated || requestBytes < 1_000) return;
      const ratio = totalInput(usage) / requestBytes;
      if (!(ratio >= tokensPerByte.least && ratio <= tokensPerByte.most)) return;
      const known = logs.get(target.model) ?? firstGuess(target.model);
      logs.set(target.model, known + pace * (Math.log(ratio) - known));
    },
    tokensOf(bytes, model) {
      let log = logs.get(model);
      if (log === undefined) {
        log = firstGuess(model);
        if (logs.size < maxModels) logs.set(model, log);
      }
      return Math.ceil(bytes * Math.exp(log));
    },
  };
}
