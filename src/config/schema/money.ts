/** Settings of money: budgets, prices, optimization, ledger. */
import { z } from "zod";
import { memberScopes } from "../../core/member-scope.ts";
import { nanoUsdFromUsd } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { BudgetCap, BudgetWebhookSettings, PriceSettings } from "../../core/money-settings.ts";
import { decimal, flag, httpUrl, isNoAddress, orNull, text, wholeNumber } from "./values.ts";

export interface BudgetsConfig {
  readonly enforcement: boolean;
  readonly mode: "expected" | "strict";
  readonly onStoreFailure: "open" | "closed";
  readonly caps: readonly BudgetCap[];
  readonly warningThreshold: number;
  readonly criticalThreshold: number;
  readonly webhook: BudgetWebhookSettings | null;
}

export interface OptimizationConfig {
  readonly budgets: {
    readonly dailyNanoUsd: NanoUsd | null;
    readonly weeklyNanoUsd: NanoUsd | null;
    readonly monthlyNanoUsd: NanoUsd | null;
  };
  readonly costThresholds: { readonly warning: number; readonly critical: number };
  readonly optimizationStrategies: {
    readonly cachingEnabled: boolean;
    readonly smartRouting: boolean;
    readonly budgetEnforcement: boolean;
    readonly costAwareRouting: boolean;
  };
}

export interface LedgerConfig {
  /** Absolute path. */
  readonly sqlitePath: string;
  readonly retentionDays: number;
  /** Connection string of PostgreSQL in place of SQLite. */
  readonly postgres: string | null;
}

/** An amount in US dollars, nano-dollars for the program. */
const usd = () => decimal(0, 9_000_000).transform(nanoUsdFromUsd);

const windows = {
  daily: orNull(usd()).describe("US dollars a day (UTC)."),
  weekly: orNull(usd()).describe("US dollars a week from Monday (UTC)."),
  monthly: orNull(usd()).describe("US dollars a month (UTC)."),
};

const capSchema: z.ZodType<BudgetCap> = z
  .strictObject({
    scope: z.enum(memberScopes).describe("Whose spending it caps."),
    id: orNull(text()).describe("Which one. Default: each one by itself."),
    ...windows,
  })
  .transform(({ scope, id, daily, weekly, monthly }) => ({
    scope,
    id,
    dailyNanoUsd: daily,
    weeklyNanoUsd: weekly,
    monthlyNanoUsd: monthly,
  }));

const webhookSchema: z.ZodType<BudgetWebhookSettings> = z.strictObject({
  url: httpUrl().describe("Where to post."),
  secret: orNull(text()).describe("Signs each message (HMAC-SHA256)."),
  format: z.enum(["json", "slack"]).default("json").describe("Shape of the message."),
});

export const budgetsSchema: z.ZodType<BudgetsConfig> = z
  .strictObject({
    enforcement: flag().default(true).describe("Whether a full budget refuses calls; off only counts and warns."),
    mode: z
      .enum(["expected", "strict"])
      .default("expected")
      .describe("What a call holds before it goes out: its usual cost, or the worst case."),
    onStoreFailure: z
      .enum(["open", "closed"])
      .default("open")
      .describe("Whether calls go on while the counters cannot be read."),
    caps: z.array(capSchema).default([]).describe("The caps; a call must fit all that apply."),
    warningThreshold: decimal(0, 1).default(0.75).describe("Share of a cap that warns."),
    criticalThreshold: decimal(0, 1).default(0.95).describe("Share of a cap that alarms."),
    webhook: orNull(webhookSchema).describe("Where budget events are posted."),
  })
  .prefault({})
  .describe("Caps on spending.");

const perMillion = () => decimal(0, 1_000_000);

const overrideSchema = z
  .strictObject({
    provider: text().default("*").describe("Provider or `*` pattern."),
    model: text().describe("Model or `*` pattern."),
    serviceTier: text().optional().describe("Only for calls that the provider says it served so: `priority`, `flex`."),
    multiplier: decimal(0, 1000).optional().describe("Factor on the list's prices; prices named here stay as written."),
    inputUsdPerMillion: perMillion().optional().describe("US dollars for a million input tokens."),
    cacheReadUsdPerMillion: perMillion().optional().describe("… read from the prompt cache."),
    cacheWrite5mUsdPerMillion: perMillion().optional().describe("… written to it for five minutes."),
    cacheWrite1hUsdPerMillion: perMillion().optional().describe("… written to it for an hour."),
    outputUsdPerMillion: perMillion().optional().describe("US dollars for a million output tokens."),
    reasoningUsdPerMillion: perMillion().optional().describe("… of reasoning, where it has a price of its own."),
    serverToolRequestUsd: perMillion().optional().describe("US dollars for one use of a server tool."),
    aboveContextTokens: wholeNumber(1).optional().describe("Only for prompts above so many tokens."),
    from: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })])
      .optional()
      .describe("Only from this day or instant on."),
  })
  .refine((override) => Object.keys(override).some((name) => name.includes("Usd") || name === "multiplier"), {
    error: "names no price",
  });

export const pricesSchema: z.ZodType<PriceSettings> = z
  .strictObject({
    multiplier: decimal(0, 1000).default(1).describe("Factor on every list price (discounts, margins)."),
    unknownModel: z
      .strictObject({
        inputUsdPerMillion: perMillion().default(10).describe("US dollars for a million input tokens."),
        outputUsdPerMillion: perMillion().default(50).describe("US dollars for a million output tokens."),
      })
      .prefault({})
      .describe("Price of models that no list knows: never free."),
    overrides: z.array(overrideSchema).default([]).describe("Contract prices, in place of the list's."),
  })
  .prefault({})
  .describe("What tokens cost.");

export const optimizationSchema: z.ZodType<OptimizationConfig> = z
  .strictObject({
    budgets: z
      .strictObject(windows)
      .transform(({ daily, weekly, monthly }) => ({
        dailyNanoUsd: daily,
        weeklyNanoUsd: weekly,
        monthlyNanoUsd: monthly,
      }))
      .prefault({})
      .describe("Caps on all spending; short for `budgets.caps` of scope `all`."),
    costThresholds: z
      .strictObject({
        warning: decimal(0, 1).default(0.75).describe("Share of a budget."),
        critical: decimal(0, 1).default(0.95).describe("Share of a budget."),
      })
      .prefault({})
      .describe("Shares of a budget from which routing weighs costs more."),
    optimizationStrategies: z
      .strictObject({
        cachingEnabled: flag()
          .default(true)
          .describe("Recommend the answer cache where it would pay; `cache.enabled` switches it on."),
        smartRouting: flag()
          .default(false)
          .describe("Let another model of the plan serve background calls; headers and record say so."),
        budgetEnforcement: flag()
          .default(true)
          .describe("Refuse calls at a cap (with `budgets.enforcement`), and count budgets in the ranking."),
        costAwareRouting: flag().default(false).describe("Rank targets by their cost."),
      })
      .prefault({})
      .describe("What the optimizer may do."),
  })
  .prefault({})
  .describe("The cost optimizer.");

export const ledgerSchema: z.ZodType<LedgerConfig> = z
  .strictObject({
    sqlitePath: text().default("<state>/ledger.sqlite").describe("File of the ledger."),
    retentionDays: wholeNumber(1, 36_500).default(400).describe("How long single calls are kept."),
    postgres: orNull(
      z
        .string()
        .regex(/^postgres(ql)?:\/\//, { error: "must be a postgres:// connection string" })
        // Without a host the one in `?host=` is meant.
        .refine((value) => URL.canParse(value.replace("@/", "@host/")), { error: isNoAddress }),
    ).describe("PostgreSQL in place of the file, for several instances."),
  })
  .prefault({})
  .describe("The record of every call whose caller is known.");
