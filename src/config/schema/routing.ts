/** Settings of routing: aliases, scenarios, rules, fallbacks. */
import { z } from "zod";
import { dialects } from "../../core/dialect.ts";
import type { Dialect } from "../../core/dialect.ts";
import { flag, headers, milliseconds, oneOrMany, orNull, targets, text, wholeNumber } from "./values.ts";

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

const weekdays: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** What a call must be for a rule; absent ones do not ask. Lists match if one of their `*` patterns does. */
export interface RuleConditions {
  readonly model?: readonly string[] | undefined;
  readonly user?: readonly string[] | undefined;
  readonly team?: readonly string[] | undefined;
  readonly tier?: readonly string[] | undefined;
  /** Public ids of keys. */
  readonly key?: readonly string[] | undefined;
  readonly endpoint?: readonly string[] | undefined;
  readonly dialect?: Dialect | undefined;
  /** Names in lower case, to `*` patterns; all must match. */
  readonly header?: Readonly<Record<string, string>> | undefined;
  readonly minInputTokens?: number | undefined;
  readonly maxInputTokens?: number | undefined;
  readonly hasTools?: boolean | undefined;
  readonly hasImages?: boolean | undefined;
  readonly thinking?: boolean | undefined;
  readonly webSearch?: boolean | undefined;
  readonly subagent?: boolean | undefined;
  /** Patterns for the client's `x-app`. */
  readonly app?: readonly string[] | undefined;
  /** Hours in UTC, `22-6`: the last one not included. */
  readonly hours?: string | undefined;
  readonly weekdays?: readonly Weekday[] | undefined;
}

/** Has either `to` or `reject`. */
export interface RuleConfig {
  readonly name: string;
  readonly when: RuleConditions;
  readonly to?: readonly string[] | undefined;
  readonly reject?: string | undefined;
}

export interface ScenariosConfig {
  readonly background?: readonly string[] | undefined;
  readonly think?: readonly string[] | undefined;
  readonly longContext?: { readonly thresholdTokens: number; readonly to: readonly string[] } | undefined;
  readonly webSearch?: readonly string[] | undefined;
  readonly image?: readonly string[] | undefined;
  readonly subagent?: readonly string[] | undefined;
}

export interface RoutingConfig {
  readonly default: readonly string[] | null;
  readonly unknownModel: "default" | "reject";
  readonly scenarios: ScenariosConfig;
  readonly rules: readonly RuleConfig[];
  /** Absolute path of a module. */
  readonly module: string | null;
  readonly contextOverflow: readonly string[] | null;
  readonly affinity: { readonly enabled: boolean; readonly ttlMs: number; readonly maxSessions: number };
  readonly fallbacks: Readonly<Record<string, readonly string[]>>;
}

/** Names or `*` patterns, to targets; a target's model may be `*`: the name that was asked for. */
export type AliasesConfig = Readonly<Record<string, readonly string[]>>;

const patterns = () => oneOrMany(text()).optional();

const hours = z.string().regex(/^([01]?\d|2[0-3])-([01]?\d|2[0-4])$/, {
  error: "must be two hours of the day such as `22-6`",
});

/** What a call must be for a rule: of routing, and of others that choose calls. */
export const ruleConditions: z.ZodType<RuleConditions> = z.strictObject({
  model: patterns().describe("Names or `*` patterns of the model asked for."),
  user: patterns().describe("Users."),
  team: patterns().describe("Teams."),
  tier: patterns().describe("Tiers."),
  key: patterns().describe("Public ids of keys."),
  endpoint: oneOrMany(z.enum(["messages", "chat-completions", "count-tokens"]))
    .optional()
    .describe("Endpoints."),
  dialect: z.enum(dialects).optional().describe("The client's dialect."),
  header: headers().optional().describe("Request headers, to `*` patterns; all must match."),
  minInputTokens: wholeNumber(0).optional().describe("Prompts of at least so many tokens (estimated)."),
  maxInputTokens: wholeNumber(0).optional().describe("Prompts of at most so many tokens (estimated)."),
  hasTools: flag().optional().describe("Whether the call brings tools."),
  hasImages: flag().optional().describe("Whether the last user turn holds an image."),
  thinking: flag().optional().describe("Whether the call asks for thinking."),
  webSearch: flag().optional().describe("Whether the call brings a web search tool."),
  subagent: flag().optional().describe("Whether a subagent makes the call."),
  app: patterns().describe("The client's `x-app`."),
  hours: hours.optional().describe("Hours in UTC such as `22-6` (the last one not included)."),
  weekdays: z.array(z.enum(weekdays)).min(1).optional().describe("Days in UTC."),
});

const ruleSchema = z
  .strictObject({
    name: text().describe("Shown in `x-ccr-route` and in the record."),
    when: ruleConditions.prefault({}).describe("What a call must be; all given conditions must hold."),
    to: targets().optional().describe("Where it goes: a target, or several in order."),
    reject: text().optional().describe("In place of `to`: the sentence that refuses it."),
  })
  .refine(({ to, reject }) => (to === undefined) !== (reject === undefined), {
    error: "needs either `to` or `reject`",
  });

const scenario = (meaning: string) => targets().optional().describe(meaning);

const scenariosSchema = z
  .strictObject({
    background: scenario("Small fast models: names with `haiku`."),
    think: scenario("Calls that ask to think hard."),
    longContext: z
      .strictObject({
        thresholdTokens: wholeNumber(1).default(60_000).describe("Prompts of at least so many tokens (estimated)."),
        to: targets().describe("Where they go."),
      })
      .optional()
      .describe("Long prompts."),
    webSearch: scenario("Calls with a web search tool."),
    image: scenario("Calls with an image in the last user turn."),
    subagent: scenario("Calls of subagents."),
  })
  .prefault({})
  .describe("The usual rules of Claude Code users, each a target or several in order; they come after `rules`.");

export const routingSchema: z.ZodType<RoutingConfig> = z
  .strictObject({
    default: orNull(targets()).describe("Where calls go that nothing else places. Default: the first provider's own."),
    unknownModel: z
      .enum(["default", "reject"])
      .default("default")
      .describe("What becomes of unknown names: the default target, or 404 with near names."),
    scenarios: scenariosSchema,
    rules: z.array(ruleSchema).default([]).describe("First match wins."),
    module: orNull(text()).describe("TypeScript or JavaScript module with rules of your own (`defineRoute`)."),
    contextOverflow: orNull(targets()).describe("Where a call goes on whose prompt did not fit."),
    affinity: z
      .strictObject({
        enabled: flag().default(true).describe("Whether a session stays at its target."),
        ttlMs: milliseconds().default(3_600_000).describe("How long after its last call."),
        maxSessions: wholeNumber(1).default(100_000).describe("Sessions remembered."),
      })
      .prefault({})
      .describe("A session stays where it is, unless a rule or a failure moves it: prompt caches stay warm."),
    fallbacks: z
      .record(text(), targets())
      .default({})
      .describe("Targets to try after `provider/model`, or after any other for `*`; no patterns."),
  })
  .prefault({})
  .describe(
    "Where calls go. A target is `provider/model`, an alias, or a model that a provider lists; `provider/*` takes the model's name as it was asked for.",
  );

export const aliasesSchema: z.ZodType<AliasesConfig> = z
  .record(text(), targets())
  .default({})
  .describe("Names or `*` patterns that clients may ask for, to a target or several in order.");
