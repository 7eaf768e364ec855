/** Settings of routing: aliases, scenarios, rules, fallbacks. */
import { z } from "zod";
import { dialects } from "../../core/dialect.ts";
import type { Dialect } from "../../core/dialect.ts";
import type { Target } from "../../core/target.ts";
import { flag, headers, milliseconds, oneOrMany, orNull, targets, text, wholeNumber } from "./values.ts";

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export const weekdays: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Hours of the day in the router's time zone: from `from` (0–23) up to, not including, `to` (1–24); `to` below `from` passes midnight. */
export interface HoursConfig {
  readonly from: number;
  readonly to: number;
}

/** What a call must be for a rule; null does not ask. Lists match if one of their `*` patterns does. */
export interface RuleConditions {
  readonly model: readonly string[] | null;
  readonly user: readonly string[] | null;
  readonly team: readonly string[] | null;
  readonly tier: readonly string[] | null;
  /** Public ids of keys. */
  readonly key: readonly string[] | null;
  readonly endpoint: readonly Endpoint[] | null;
  readonly dialect: Dialect | null;
  /** Names in lower case, to `*` patterns; all must match. */
  readonly header: Readonly<Record<string, string>>;
  readonly minInputTokens: number | null;
  readonly maxInputTokens: number | null;
  readonly hasTools: boolean | null;
  readonly hasImages: boolean | null;
  readonly thinking: boolean | null;
  readonly webSearch: boolean | null;
  readonly subagent: boolean | null;
  /** Patterns for the client's `x-app`. */
  readonly app: readonly string[] | null;
  readonly hours: HoursConfig | null;
  readonly weekdays: readonly Weekday[] | null;
}

export type Endpoint = "messages" | "chat-completions" | "count-tokens";

export interface RuleConfig {
  readonly name: string;
  readonly when: RuleConditions;
  readonly action:
    | { readonly kind: "route"; readonly targets: readonly Target[] }
    | { readonly kind: "reject"; readonly message: string };
}

export interface ScenariosConfig {
  readonly background: readonly Target[] | null;
  readonly think: readonly Target[] | null;
  readonly longContext: { readonly thresholdTokens: number; readonly to: readonly Target[] } | null;
  readonly webSearch: readonly Target[] | null;
  readonly image: readonly Target[] | null;
  readonly subagent: readonly Target[] | null;
}

export interface RoutingConfig {
  readonly default: readonly Target[] | null;
  readonly unknownModel: "default" | "reject";
  readonly scenarios: ScenariosConfig;
  readonly rules: readonly RuleConfig[];
  /** Absolute path of a module. */
  readonly module: string | null;
  readonly contextOverflow: readonly Target[] | null;
  readonly affinity: { readonly enabled: boolean; readonly ttlMs: number; readonly maxSessions: number };
  readonly fallbacks: Readonly<Record<string, readonly Target[]>>;
}

/** Names or `*` patterns, to targets; a target's model may be `*`: the name that was asked for. */
export type AliasesConfig = Readonly<Record<string, readonly Target[]>>;

const patterns = () => orNull(oneOrMany(text()));

const hours: z.ZodType<HoursConfig> = z
  .string()
  .regex(/^([01]?\d|2[0-3])-([01]?\d|2[0-4])$/, { error: "must be two hours of the day such as `22-6`" })
  .transform((value) => {
    const [from = "0", to = "24"] = value.split("-");
    return { from: Number(from), to: Number(to) };
  });

const conditions: z.ZodType<RuleConditions> = z.strictObject({
  model: patterns().describe("Names or `*` patterns of the model asked for."),
  user: patterns().describe("Users."),
  team: patterns().describe("Teams."),
  tier: patterns().describe("Tiers."),
  key: patterns().describe("Public ids of keys."),
  endpoint: orNull(oneOrMany(z.enum(["messages", "chat-completions", "count-tokens"]))).describe("Endpoints."),
  dialect: orNull(z.enum(dialects)).describe("The client's dialect."),
  header: headers().prefault({}).describe("Request headers, to `*` patterns; all must match."),
  minInputTokens: orNull(wholeNumber(0)).describe("Prompts of at least so many tokens (estimated)."),
  maxInputTokens: orNull(wholeNumber(0)).describe("Prompts of at most so many tokens (estimated)."),
  hasTools: orNull(flag()).describe("Whether the call brings tools."),
  hasImages: orNull(flag()).describe("Whether the last user turn holds an image."),
  thinking: orNull(flag()).describe("Whether the call asks for thinking."),
  webSearch: orNull(flag()).describe("Whether the call brings a web search tool."),
  subagent: orNull(flag()).describe("Whether a subagent makes the call."),
  app: patterns().describe("The client's `x-app`."),
  hours: orNull(hours).describe("Hours in the router's time zone, such as `22-6` (the end not included)."),
  weekdays: orNull(z.array(z.enum(weekdays)).min(1)).describe("Days in the router's time zone."),
});

const ruleSchema: z.ZodType<RuleConfig> = z
  .strictObject({
    name: text().describe("Shown in `x-ccr-route` and in the record."),
    when: conditions.prefault({}).describe("What a call must be; all given conditions must hold."),
    to: orNull(targets()).describe("Where it goes: `provider/model`, or several in order."),
    reject: orNull(text()).describe("In place of `to`: the sentence that refuses it."),
  })
  .transform(({ name, when, to, reject }, context): RuleConfig => {
    if (to !== null && reject === null) return { name, when, action: { kind: "route", targets: to } };
    if (to === null && reject !== null) return { name, when, action: { kind: "reject", message: reject } };
    context.addIssue({ code: "custom", message: "needs either `to` or `reject`" });
    return z.NEVER;
  });

const scenario = (meaning: string) => orNull(targets()).describe(meaning);

const scenariosSchema = z
  .strictObject({
    background: scenario("Small fast models: names with `haiku`, or the client says that it works in the background."),
    think: scenario("Calls that ask to think hard."),
    longContext: orNull(
      z.strictObject({
        thresholdTokens: wholeNumber(1).default(60_000).describe("Prompts above it (estimated)."),
        to: targets().describe("Where they go."),
      }),
    ).describe("Long prompts."),
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
      .describe("Targets to try after `provider/model`, or after any for `*`."),
  })
  .prefault({})
  .describe("Where calls go. Rules come first, then scenarios, then the model's name.");

export const aliasesSchema: z.ZodType<AliasesConfig> = z
  .record(text(), targets())
  .default({})
  .describe("Names or `*` patterns that clients may ask for, to a target or several in order.");
