/** A target: one model at one provider. */

export interface Target {
  readonly provider: string;
  /** The model as the provider names it. */
  readonly model: string;
}

/** `provider/model`, for people, logs and headers. */
export function formatTarget(target: Target): string {
  return `${target.provider}/${target.model}`;
}

/** Whether both are one model at one provider, whatever else is known of them. */
export function isSameTarget(one: Target, other: Target): boolean {
  return one.provider === other.provider && one.model === other.model;
}

/** A target of a plan, with the reason why it stands there. */
export interface PlannedTarget extends Target {
  readonly reason: string;
}

/** Where a call shall go: targets in the order of trying, chosen by `rule`. */
export interface Plan {
  readonly rule: string;
  /** Why the rule holds and, where the session or costs put another target first, why that one is. */
  readonly reason: string;
  readonly targets: readonly PlannedTarget[];
  /** The target that would have been asked first without cost-aware routing, where that is another one. */
  readonly unrouted?: Target;
}

/** Aliases may lead to aliases, through so many. */
export const maxAliasDepth = 4;
