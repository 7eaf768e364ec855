/**
 * Configured prices that lie over the catalog's: contract prices, models the catalog does not know.
 *
 * Of the overrides that match a target, those with the newest `from` hold (an exact model name before a pattern);
 * among them, the highest tier below the prompt's length lies over the base one. One whose day is still to come, or whose
 * tier begins above the prompt's length, hides none of the others. Dimensions that the chosen ones do not name keep the
 * price below.
 */
import { picoUsdFromUsdPerMillion } from "../../core/money.ts";
import type { PriceOverride } from "../../core/money-settings.ts";
import type { AppliedPrices } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import { matchesPattern } from "../../core/text/pattern.ts";
import { scalePrices } from "./scale-prices.ts";

type PartialPrices = Partial<Omit<AppliedPrices, "source" | "listedAs">>;

/** What lies over the catalog's prices at a time and length, or null. The same object for the same answer. */
export type OverrideSelector = (atMs: number, contextTokens: number) => Overlay | null;

export interface Overlay {
  readonly prices: PartialPrices;
  /** On the prices below. */
  readonly multiplier: number;
  /** Results by the prices they were laid over, so that equal calls share one object. */
  readonly results: Map<AppliedPrices, AppliedPrices>;
}

interface DatedGroup {
  readonly fromMs: number;
  readonly tiers: readonly { readonly above: number; readonly overlay: Overlay }[];
}

/** Gives the selector for a target, and for a tier of service (null: those for any). */
export type FindOverrides = (target: Target, serviceTier: string | null) => OverrideSelector;

/** Prepares overrides. Throws RangeError. */
export function compileOverrides(overrides: readonly PriceOverride[]): FindOverrides {
  for (const override of overrides) {
    if (override.from !== undefined && Number.isNaN(Date.parse(override.from))) {
      throw new RangeError(`prices.overrides: not a date: ${override.from}`);
    }
  }
  return (target, serviceTier) => {
    const matching = overrides.filter(
      (override) =>
        (override.serviceTier ?? null) === serviceTier &&
        matchesPattern(override.provider, target.provider) &&
        matchesPattern(override.model, target.model),
    );
    const isExact = ({ model }: PriceOverride): boolean => model === target.model;
    const others = matching.filter((override) => !isExact(override));
    const groups = [...toGroups(matching.filter(isExact)), ...toGroups(others)];
    return (atMs, contextTokens) => selectOverlay(groups, atMs, contextTokens);
  };
}

/** `listed` with what `overlay` names in its place. */
export function overlayPrices(listed: AppliedPrices, overlay: Overlay | null): AppliedPrices {
  if (overlay === null) return listed;
  const known = overlay.results.get(listed);
  if (known !== undefined) return known;
  const isFallback = listed.source === "fallback";
  // Over an unknown model the written input price also stands for the cache dimensions that are not written.
  const input = isFallback ? overlay.prices.uncachedInput : undefined;
  const derived = input === undefined ? {} : { cacheRead: input, cacheWrite5m: input, cacheWrite1h: input };
  const { inputAudio, outputAudio, ...below } = scalePrices(listed, overlay.multiplier);
  // A written price of input or output holds for all of it: whoever writes 0 means free.
  const hasInput = inputAudio !== undefined && overlay.prices.uncachedInput === undefined;
  const hasOutput = outputAudio !== undefined && overlay.prices.output === undefined;
  const result: AppliedPrices = {
    ...below,
    ...(hasInput ? { inputAudio } : {}),
    ...(hasOutput ? { outputAudio } : {}),
    ...derived,
    ...overlay.prices,
    // A factor alone leaves an unknown model unknown.
    source: isFallback && input === undefined && overlay.prices.output === undefined ? "fallback" : "configuration",
  };
  overlay.results.set(listed, result);
  return result;
}

function toGroups(overrides: readonly PriceOverride[]): DatedGroup[] {
  const byDate = new Map<number, PriceOverride[]>();
  for (const override of overrides) {
    const fromMs = override.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(override.from);
    byDate.set(fromMs, [...(byDate.get(fromMs) ?? []), override]);
  }
  return [...byDate].map(([fromMs, group]) => ({ fromMs, tiers: toTiers(group) })).sort((a, b) => b.fromMs - a.fromMs);
}

function toTiers(group: readonly PriceOverride[]): DatedGroup["tiers"] {
  const sorted = [...group].sort((a, b) => (a.aboveContextTokens ?? -1) - (b.aboveContextTokens ?? -1));
  let prices: PartialPrices = {};
  let multiplier = 1;
  return sorted.map((override) => {
    prices = { ...prices, ...toPartialPrices(override) };
    multiplier = override.multiplier ?? multiplier;
    return { above: override.aboveContextTokens ?? -1, overlay: { prices, multiplier, results: new Map() } };
  });
}

function selectOverlay(groups: readonly DatedGroup[], atMs: number, contextTokens: number): Overlay | null {
  for (const group of groups) {
    if (atMs < group.fromMs) continue;
    const selected = group.tiers.findLast((tier) => contextTokens > tier.above);
    if (selected !== undefined) return selected.overlay;
  }
  return null;
}

function toPartialPrices(override: PriceOverride): PartialPrices {
  const pico = (usd: number | undefined): number | undefined =>
    usd === undefined ? undefined : picoUsdFromUsdPerMillion(usd);
  const entries: [keyof PartialPrices, number | string | undefined][] = [
    ["uncachedInput", pico(override.inputUsdPerMillion)],
    ["cacheRead", pico(override.cacheReadUsdPerMillion)],
    ["cacheWrite5m", pico(override.cacheWrite5mUsdPerMillion)],
    ["cacheWrite1h", pico(override.cacheWrite1hUsdPerMillion)],
    ["output", pico(override.outputUsdPerMillion)],
    ["reasoning", pico(override.reasoningUsdPerMillion)],
    [
      "serverToolRequest",
      override.serverToolRequestUsd === undefined ? undefined : Math.round(override.serverToolRequestUsd * 1e9),
    ],
    ["serviceTier", override.serviceTier],
    ["aboveContextTokens", override.aboveContextTokens],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
