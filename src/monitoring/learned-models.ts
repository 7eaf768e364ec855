/**
 * Models that earn a label of their own by being served: the catalog and the configuration cannot list every model
 * that a provider has. A client can name any model, but cannot make a provider answer with one that does not exist, nor
 * the price book know it. Bounded all the same.
 */
import type { CallRecord } from "../core/record.ts";
import type { Target } from "../core/target.ts";
import { formatTarget } from "../core/target.ts";

export const maxLearnedModels = 200;

export class LearnedModels {
  readonly #targets = new Map<string, Target>();

  /** Takes the target of a served call; true where it is new and has earned a label. */
  learn({ target, outcome, cost }: Pick<CallRecord, "target" | "outcome" | "cost">): boolean {
    if (target === null || outcome !== "success" || cost === null || cost.prices.source === "fallback") return false;
    const name = formatTarget(target);
    if (this.#targets.has(name) || this.#targets.size >= maxLearnedModels) return false;
    this.#targets.set(name, { provider: target.provider, model: target.model });
    return true;
  }

  /** Those of these providers; the others are forgotten. */
  of(providers: readonly string[]): readonly Target[] {
    for (const [name, { provider }] of this.#targets) if (!providers.includes(provider)) this.#targets.delete(name);
    return [...this.#targets.values()];
  }
}
