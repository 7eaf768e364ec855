/** A target: one model at one provider. */

export interface Target {
  readonly provider: string;
  /** The model as the provider names it. */
  readonly model: string;
}

const knownNames = new Map<string, Map<string, string>>();
const maxKnownNames = 10_000;
let knownNameCount = 0;

/**
 * `provider/model`, for people, logs and headers, and as a key. A call asks a dozen times, mostly to look something up: a
 * text that is put together anew has to be copied and hashed for each of these.
 */
export function formatTarget({ provider, model }: Target): string {
  return knownNames.get(provider)?.get(model) ?? addName(provider, model);
}

function addName(provider: string, model: string): string {
  if (++knownNameCount > maxKnownNames) {
    knownNames.clear(); // clients may ask for any model
    knownNameCount = 1;
  }
  const name = `${provider}/${model}`;
  const ofProvider = knownNames.get(provider);
  if (ofProvider === undefined) knownNames.set(provider, new Map([[model, name]]));
  else ofProvider.set(model, name);
  return name;
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
