/** Settings of money as the configuration states them and costs take them: caps, prices, who hears of budgets. */
import type { MemberScope } from "./member-scope.ts";
import type { NanoUsd } from "./money.ts";

/** One entry of `budgets.caps`. */
export interface BudgetCap {
  readonly scope: MemberScope;
  /** Which user, team, …; null: each of them by itself. */
  readonly id: string | null;
  readonly dailyNanoUsd: NanoUsd | null;
  readonly weeklyNanoUsd: NanoUsd | null;
  readonly monthlyNanoUsd: NanoUsd | null;
}

/** Where budget events are posted. */
export interface BudgetWebhookSettings {
  readonly url: string;
  /** Signs each message. */
  readonly secret: string | null;
  /** For programs, or as Slack's incoming webhooks take it. */
  readonly format: "json" | "slack";
}

export interface PriceSettings {
  /** Times the catalog's and the fallback's prices: a discount below 1, a charge above. Overrides stay as written. */
  readonly multiplier: number;
  readonly unknownModel: { readonly inputUsdPerMillion: number; readonly outputUsdPerMillion: number };
  readonly overrides: readonly PriceOverride[];
}

/** One entry of `prices.overrides`. Absent prices are those below it. */
export interface PriceOverride {
  /** Provider and model may be `*` patterns. */
  readonly provider: string;
  readonly model: string;
  /** Only for calls that the provider served by this tier of service. */
  readonly serviceTier?: string | undefined;
  /** Times the prices below, before those named here lie over them. */
  readonly multiplier?: number | undefined;
  readonly inputUsdPerMillion?: number | undefined;
  readonly cacheReadUsdPerMillion?: number | undefined;
  readonly cacheWrite5mUsdPerMillion?: number | undefined;
  readonly cacheWrite1hUsdPerMillion?: number | undefined;
  readonly outputUsdPerMillion?: number | undefined;
  readonly reasoningUsdPerMillion?: number | undefined;
  readonly serverToolRequestUsd?: number | undefined;
  /** Only for prompts of more tokens than this. */
  readonly aboveContextTokens?: number | undefined;
  /** Holds from this day on: `2026-11-22` (UTC midnight) or an ISO 8601 time. */
  readonly from?: string | undefined;
}
