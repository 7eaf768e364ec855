/**
 * Finds among rules for members (budgets, rate limits) those of one member, without a look at the others': a company has
 * one for each of its ten thousand developers, and every call asks.
 */

export interface MemberRule {
  /** What its members are: users, teams, models. `all` has none. */
  readonly scope: string;
  /** Which member; null: each of them. Without meaning for `all`. */
  readonly id: string | null;
}

type RulesOfScope<Rule> = ReadonlyMap<string | null, readonly Rule[]>;

const none: readonly never[] = [];

export class MemberIndex<Rule extends MemberRule> {
  readonly #known = new WeakMap<readonly Rule[], ReadonlyMap<string, RulesOfScope<Rule>>>();

  /**
   * The rules of `scope` that name `id`, those that name nobody for null; in their order. `rules` are read the first
   * time: who changes them hands over another array.
   */
  find(rules: readonly Rule[], scope: Rule["scope"], id: string | null): readonly Rule[] {
    return (this.#known.get(rules) ?? this.#read(rules)).get(scope)?.get(id) ?? none;
  }

  #read(rules: readonly Rule[]): ReadonlyMap<string, RulesOfScope<Rule>> {
    const byScope = Map.groupBy(rules, ({ scope }) => scope);
    const index = new Map<string, RulesOfScope<Rule>>();
    for (const [scope, ofScope] of byScope) {
      index.set(
        scope,
        Map.groupBy(ofScope, ({ id }) => (scope === "all" ? null : id)),
      );
    }
    this.#known.set(rules, index);
    return index;
  }
}
