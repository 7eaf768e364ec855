/**
 * Which users get a label value of their own: the biggest spenders, at most `limit`; the rest are `_other`.
 *
 * While there is room everyone gets one. After that places change hands only in `rotate`, rarely and with a margin,
 * so that series do not flicker; a newcomer's series begin at zero and lose nothing to `increase()`.
 */
import { BusiestNames } from "./busiest.ts";
import type { LabelDomain } from "./label-domain.ts";

const rotateEveryMs = 300_000;
const decayEveryMs = 3_600_000;
/** A challenger must weigh this many times the one whose place it takes. */
const margin = 1.25;

export class UserLabels {
  readonly #domain: LabelDomain;
  readonly #busiest: BusiestNames;
  readonly #limit: number;
  #admitted = 0;
  #rotatedAtMs: number | null = null;
  #decayedAtMs: number | null = null;

  constructor(domain: LabelDomain, limit: number) {
    this.#domain = domain;
    this.#limit = limit;
    this.#busiest = new BusiestNames(Math.max(limit * 4, 16));
  }

  /** Counts a user's spending and answers its label id. One is added, so that those who cost nothing count too. */
  observe(user: string, nanoUsd: number): number {
    this.#busiest.add(user, nanoUsd + 1);
    const known = this.#domain.idOf(user);
    if (known !== 0 || this.#admitted >= this.#limit) return known;
    this.#admitted++;
    return this.#domain.add(user);
  }

  /** Gives places to users who spend more than those who hold them; answers the ids that changed hands. */
  rotate(nowMs: number): readonly number[] {
    this.#rotatedAtMs ??= nowMs;
    this.#decayedAtMs ??= nowMs;
    if (nowMs - this.#decayedAtMs >= decayEveryMs) {
      this.#decayedAtMs = nowMs;
      this.#busiest.decay();
    }
    if (nowMs - this.#rotatedAtMs < rotateEveryMs || this.#admitted < this.#limit) return [];
    this.#rotatedAtMs = nowMs;
    return this.#exchange();
  }

  #exchange(): number[] {
    const heaviest = this.#busiest.list();
    const weights = new Map(heaviest.map(({ name, weight }) => [name, weight]));
    const holders: { id: number; weight: number }[] = [];
    for (let id = 1; id <= this.#admitted; id++) {
      holders.push({ id, weight: weights.get(this.#domain.valueOf(id)) ?? 0 });
    }
    holders.sort((a, b) => a.weight - b.weight);
    const changed: number[] = [];
    for (const { name, weight } of heaviest) {
      if (this.#domain.idOf(name) !== 0) continue;
      const weakest = holders[changed.length];
      if (weakest === undefined || weight <= weakest.weight * margin) break;
      this.#domain.replace(weakest.id, name);
      changed.push(weakest.id);
    }
    return changed;
  }
}
