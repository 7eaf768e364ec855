/** The traits of one model at a provider: defaults, then the entry's, the model's, and the configuration's changes. */
import { defaultTraits } from "../../dialects/target-traits.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";
import type { Target } from "../../core/target.ts";
import type { CatalogEntry, CatalogModel, TraitChanges } from "./entry.ts";

/** `changes`, in rising order of precedence, are what the configuration says of the provider and of the model. */
export function traitsFor(entry: CatalogEntry, target: Target, ...changes: readonly TraitChanges[]): TargetTraits {
  const known = entry.models.find(({ name }) => name === target.model);
  const traits = { ...defaultTraits(target), ...entry.traits };
  for (const { matches, traits: changed } of entry.modelTraits) {
    if (matches.test(target.model)) Object.assign(traits, changed);
  }
  if (known !== undefined) Object.assign(traits, knownLimits(known));
  Object.assign(traits, ...changes);
  // Its reasoning comes as details, and goes back as such.
  return traits.responsesApi === "never" ? traits : { ...traits, reasoningReturn: "reasoning_details" };
}

/** The limits of a model that are known, as traits. */
export function knownLimits({
  contextTokens,
  maxOutputTokens,
}: Pick<CatalogModel, "contextTokens" | "maxOutputTokens">): TraitChanges {
  return {
    ...(contextTokens === null ? {} : { contextTokens }),
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
  };
}
