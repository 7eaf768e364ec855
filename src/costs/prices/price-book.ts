/**
 * The price book: what a token costs at a target, on a date, in a prompt of a length.
 *
 * Public catalog first, times the multiplier; configured overrides lie over it, as written; a model that neither
 * knows has the stated fallback price. Nothing is ever free by accident: only local servers are, and say so.
 */
import type { Logger } from "../../core/log/logging.ts";
import { picoUsdFromUsdPerMillion } from "../../core/money.ts";
import type { PriceSettings } from "../../core/money-settings.ts";
import type { AppliedPrices } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import { findCatalogPrices, unlistedSearchNanoUsd } from "./catalog-prices.ts";
import { compileOverrides, overlayPrices } from "./price-overrides.ts";
import type { OverrideSelector } from "./price-overrides.ts";
import { isPriceKind } from "./price-kinds.ts";
import { pricesAt } from "./price-schedule.ts";
import type { PriceSchedule } from "./price-schedule.ts";
import { scalePrices } from "./scale-prices.ts";

export interface PriceBookSettings extends PriceSettings {
  /** Catalog kind of each configured provider by its name; a name that is missing is taken for a kind itself. */
  readonly providerKinds: Readonly<Record<string, string>>;
}

/** A model without a known price, and what is charged for it. */
export interface UnknownModel {
  readonly target: Target;
  readonly prices: AppliedPrices;
  readonly firstSeenAtMs: number;
}

export interface PriceBook {
  /**
   * Prices of a call that started at `atMs` with a prompt of `contextTokens` (cached ones count). A map look-up.
   * `serviceTier`: as the answer names it, where it is not the usual one; without a stated price it costs the usual.
   */
  pricesFor(target: Target, atMs: number, contextTokens: number, serviceTier?: string | null): AppliedPrices;
  /** Whether prices of this provider are to be had: it is configured, named by an override, or called as its kind. */
  knowsProvider(name: string): boolean;
  /** Targets that were charged the fallback price, for the API and `ccr doctor`. At most 1,000 are kept. */
  unknownModels(): readonly UnknownModel[];
}

const maxTargets = 10_000;
const maxUnknown = 1_000;

interface TargetPrices {
  readonly schedule: PriceSchedule;
  readonly overrides: OverrideSelector;
  /** By tier of service, for those that overrides name. */
  readonly ofTiers: ReadonlyMap<string, OverrideSelector>;
  readonly isUnknown: boolean;
}

/** A price book over the packaged catalog. Warns once for each unknown model. */
export function createPriceBook(settings: PriceBookSettings, logger: Logger): PriceBook {
  const selectOverrides = compileOverrides(settings.overrides);
  const fallback: PriceSchedule = alwaysAt(scalePrices(fallbackPrices(settings.unknownModel), settings.multiplier));
  const namedTiers = [...new Set(settings.overrides.flatMap(({ serviceTier }) => serviceTier ?? []))];
  const byProvider = new Map<string, Map<string, TargetPrices>>();
  const unknown = new Map<string, UnknownModel>();
  let targetCount = 0;

  function resolve(target: Target): TargetPrices {
    const kind = settings.providerKinds[target.provider] ?? target.provider;
    const found = findCatalogPrices(kind, target.model);
    const overrides = selectOverrides(target, null);
    const ofTiers = new Map(namedTiers.map((tier) => [tier, selectOverrides(target, tier)]));
    const schedule = found === null ? fallback : scaleSchedule(found, settings.multiplier);
    return { schedule, overrides, ofTiers, isUnknown: found === null };
  }

  function lookUp(target: Target): TargetPrices {
    const known = byProvider.get(target.provider)?.get(target.model);
    if (known !== undefined) return known;
    if (targetCount >= maxTargets) {
      byProvider.clear(); // clients may ask for any name: forget rather than grow
      targetCount = 0;
    }
    const resolved = resolve(target);
    let models = byProvider.get(target.provider);
    if (models === undefined) byProvider.set(target.provider, (models = new Map()));
    models.set(target.model, resolved);
    targetCount += 1;
    return resolved;
  }

  function noteUnknown(target: Target, prices: AppliedPrices, atMs: number): void {
    const name = formatTarget(target);
    if (unknown.has(name) || unknown.size >= maxUnknown) return;
    unknown.set(name, { target: { provider: target.provider, model: target.model }, prices, firstSeenAtMs: atMs });
    logger.warn(
      { provider: target.provider, model: target.model, ...settings.unknownModel },
      "no price is known for this model: the fallback price is charged; state one under prices.overrides",
    );
  }

  return {
    pricesFor(target, atMs, contextTokens, serviceTier = null) {
      const { schedule, overrides, ofTiers, isUnknown } = lookUp(target);
      const listed = pricesAt(schedule, atMs, contextTokens);
      const usual = overlayPrices(listed, overrides(atMs, contextTokens));
      const ofTier = serviceTier === null ? undefined : ofTiers.get(serviceTier);
      const prices = ofTier === undefined ? usual : overlayPrices(usual, ofTier(atMs, contextTokens));
      if (isUnknown && prices.source === "fallback") noteUnknown(target, prices, atMs);
      return prices;
    },
    knowsProvider: (name) =>
      Object.hasOwn(settings.providerKinds, name) ||
      isPriceKind(name) ||
      settings.overrides.some(({ provider }) => provider === name),
    unknownModels: () => [...unknown.values()],
  };
}

function fallbackPrices(unknownModel: PriceBookSettings["unknownModel"]): AppliedPrices {
  const input = picoUsdFromUsdPerMillion(unknownModel.inputUsdPerMillion);
  const output = picoUsdFromUsdPerMillion(unknownModel.outputUsdPerMillion);
  return {
    uncachedInput: input,
    cacheRead: input,
    cacheWrite5m: input,
    cacheWrite1h: input,
    output,
    serverToolRequest: unlistedSearchNanoUsd,
    source: "fallback",
  };
}

function alwaysAt(prices: AppliedPrices): PriceSchedule {
  return [{ validity: { kind: "always" }, tiers: [{ aboveContextTokens: -1, prices }] }];
}

function scaleSchedule(schedule: PriceSchedule, multiplier: number): PriceSchedule {
  if (multiplier === 1) return schedule;
  const [first, ...rest] = schedule.map((entry) => ({
    ...entry,
    tiers: entry.tiers.map((tier) => ({ ...tier, prices: scalePrices(tier.prices, multiplier) })),
  }));
  return first === undefined ? schedule : [first, ...rest];
}
