/**
 * How much the model shall think: Anthropic's `thinking` and `output_config.effort` in the words of the target.
 *
 * A budget in tokens becomes an effort where the target knows only those, by the steps below; adaptive thinking
 * without an effort leaves the choice to the target. Where thinking can be stopped it is off beside a forced tool: DeepSeek,
 * Moonshot and Alibaba think unless they are told otherwise, and refuse the two together, as Anthropic does
 * (https://github.com/deepseek-ai/DeepSeek-V3/issues/1376, https://github.com/can1357/oh-my-pi/issues/1077,
 * https://github.com/cloudwego/eino/issues/994).
 */
import { toJsonArray, toJsonObject, toTextOrNull } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { efforts, nearestEffort } from "../../reasoning-effort.ts";
import type { ContentContext } from "./content-parts.ts";

/** What the client asks for. `null`: it leaves that to the model. */
interface Wish {
  readonly isOn: boolean | null;
  readonly effort: string | null;
  readonly budgetTokens: number | null;
}

/** The least budget for an effort: 1,024 is the smallest that Anthropic takes. */
const effortOfBudget: readonly (readonly [number, string])[] = [
  [24_000, "high"],
  [8_000, "medium"],
  [0, "low"],
];

/** The target's reasoning parameters. `maxTokens`: the output limit, which a budget must stay below. */
export function toReasoningParameters(body: JsonObject, maxTokens: number | null, context: ContentContext): JsonObject {
  const request = context.traits.reasoningRequest;
  const wish = isToolForced(body) && stopsForForcedTool(context.traits) ? noThinking : readWish(body);
  if (wish.isOn === null && wish.effort === null) return requiredParameter(request, body);
  switch (request.kind) {
    case "none":
      if (wish.isOn !== false) context.notes.add("thinking: left out, the model takes no such parameter");
      return {};
    case "effort":
      return toEffortParameter(wish, request.efforts, context);
    case "openrouter":
      return toOpenrouterParameter(wish, maxTokens);
    case "thinking-switch":
      if (wish.effort !== null) context.notes.add("output_config.effort: left out, the model only switches thinking");
      return wish.isOn === null ? {} : { thinking: { type: wish.isOn ? "enabled" : "disabled" } };
    case "enable-thinking":
      return toEnableThinking(wish, maxTokens);
  }
}

/** Where nothing is wished: a target that takes tools only with thinking said to be off is told so. */
function requiredParameter(request: ContentContext["traits"]["reasoningRequest"], body: JsonObject): JsonObject {
  const isOffOnly = request.kind === "effort" && request.efforts.length === 1 && request.efforts[0] === "none";
  return isOffOnly && toJsonArray(body["tools"]).length > 0 ? { reasoning_effort: "none" } : {};
}

const noThinking: Wish = { isOn: false, effort: null, budgetTokens: null };

function isToolForced(body: JsonObject): boolean {
  const { type } = toJsonObject(body["tool_choice"]);
  return (type === "any" || type === "tool") && toJsonArray(body["tools"]).length > 0;
}

function stopsForForcedTool({ toolChoices, reasoningRequest: { kind } }: ContentContext["traits"]): boolean {
  if (toolChoices !== "all") return toolChoices === "forced-unthinking";
  return kind === "thinking-switch" || kind === "enable-thinking";
}

function readWish(body: JsonObject): Wish {
  const thinking = toJsonObject(body["thinking"]);
  const type = thinking["type"];
  const budget = thinking["budget_tokens"];
  const effort = effortOfTurn(body["messages"]) ?? toJsonObject(body["output_config"])["effort"];
  return {
    isOn: typeof type === "string" ? type !== "disabled" : null,
    effort: toTextOrNull(effort),
    budgetTokens: type === "enabled" && typeof budget === "number" ? budget : null,
  };
}

/** The effort that a system message asks for this turn, behind the user's own words; null where none does. */
function effortOfTurn(messages: JsonValue | undefined): string | null {
  for (const message of toJsonArray(messages).toReversed()) {
    const { role, content, output_config } = toJsonObject(message);
    const { effort } = toJsonObject(output_config);
    if (role === "system" && typeof effort === "string") return effort;
    const isToolLoop = toJsonArray(content).some((block) => toJsonObject(block)["type"] === "tool_result");
    if (role === "user" && !isToolLoop) return null;
  }
  return null;
}

/** The effort asked for, by name or by budget; null where neither is given. */
function wishedEffort(wish: Wish): string | null {
  if (wish.isOn === false) return "none";
  const budget = wish.budgetTokens;
  if (wish.effort !== null || budget === null) return wish.effort;
  return effortOfBudget.find(([least]) => budget >= least)?.[1] ?? "low";
}

function toEffortParameter(wish: Wish, known: readonly string[], context: ContentContext): JsonObject {
  const wished = wishedEffort(wish);
  if (wished === null || known.length === 0) return {};
  const chosen = nearestEffort(wished, known);
  // "Off" for a model that always thinks is its least; but never more than low.
  if (wished === "none" && efforts.indexOf(chosen) > efforts.indexOf("low")) return {};
  if (chosen !== wished) context.notes.add(`effort ${wished}: sent as ${chosen}`);
  return { reasoning_effort: chosen };
}

/** https://openrouter.ai/docs/use-cases/reasoning-tokens. */
function toOpenrouterParameter(wish: Wish, maxTokens: number | null): JsonObject {
  if (wish.isOn !== false && wish.effort === null && wish.budgetTokens !== null) {
    return { reasoning: { max_tokens: belowLimit(wish.budgetTokens, maxTokens) } };
  }
  const effort = wishedEffort(wish);
  if (effort === null) return { reasoning: { enabled: true } };
  return { reasoning: { effort: effort === "max" ? "xhigh" : effort } };
}

/** https://www.alibabacloud.com/help/en/model-studio/deep-thinking. */
function toEnableThinking(wish: Wish, maxTokens: number | null): JsonObject {
  if (wish.isOn === null) return {};
  const budget = wish.budgetTokens;
  return {
    enable_thinking: wish.isOn,
    ...(wish.isOn && budget !== null && { thinking_budget: belowLimit(budget, maxTokens) }),
  };
}

function belowLimit(budget: number, maxTokens: number | null): number {
  return maxTokens === null ? budget : Math.max(1, Math.min(budget, maxTokens - 1));
}
