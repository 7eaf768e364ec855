/**
 * `reasoning_effort`, or the words that others have for it, as Claude's thinking.
 *
 * Adaptive models get an effort, older ones a token budget. Thinking is left out where the API refuses it
 * beside something else that was asked for: a forced tool, a prefill, too few output tokens, a tool loop
 * that began without it.
 */
import { toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { ownValue } from "../../../core/json/own-value.ts";
import { efforts } from "../../reasoning-effort.ts";
import type { TargetTraits } from "../../target-traits.ts";
import type { Turn } from "./turns.ts";

/** `thinking` and the effort for `output_config`. */
export interface ThinkingFields {
  readonly thinking: JsonObject | null;
  readonly effort: string | null;
}

const nothing: ThinkingFields = { thinking: null, effort: null };
const off: ThinkingFields = { thinking: { type: "disabled" }, effort: null };

/** The budget of older models for each effort, in tokens. */
const budgets: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};

const leastBudget = 1_024;

/** How much thinking a client asks for: `reasoning_effort` alone, where it sends that. */
export interface ThinkingWish {
  readonly effort: string | null;
  /** Asked for without an effort. */
  readonly isOn: boolean;
  readonly budgetTokens: number | null;
}

/**
 * The wish in `thinking`, as Anthropic's own endpoint for OpenAI clients takes it, or in OpenRouter's `reasoning`.
 * https://docs.anthropic.com/en/api/openai-sdk, https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export function readWish(effort: string | null, thinking: JsonObject, reasoning: JsonObject): ThinkingWish {
  const asked = effort ?? knownEffort(reasoning["effort"]);
  if (asked !== null) return { effort: asked, isOn: false, budgetTokens: null };
  if (thinking["type"] === "disabled" || reasoning["enabled"] === false)
    return { effort: "none", isOn: false, budgetTokens: null };
  const budget = thinking["budget_tokens"] ?? reasoning["max_tokens"];
  const budgetTokens = typeof budget === "number" ? budget : null;
  const isOn = typeof thinking["type"] === "string" || reasoning["enabled"] === true || budgetTokens !== null;
  return { effort: null, isOn, budgetTokens };
}

function knownEffort(effort: JsonValue | undefined): string | null {
  return typeof effort === "string" && efforts.includes(effort) ? effort : null;
}

export interface ThinkingQuestion extends ThinkingWish {
  readonly maxTokens: number;
  readonly toolChoice: JsonValue | undefined;
  readonly turns: readonly Turn[];
}

/**
 * How the target is asked to think; nothing where the client did not ask. Where a target thinks unless it is told not to, it
 * is told so for those who want none, and where it would refuse a forced tool.
 */
export function toThinking(question: ThinkingQuestion, traits: TargetTraits, notes: Set<string>): ThinkingFields {
  const { effort, isOn } = question;
  if (traits.toolChoices === "forced-unthinking" && isToolForced(question)) {
    notes.add("thinking off: a tool is forced");
    return off;
  }
  if (effort === "none" && thinksUnlessTold(traits)) return off;
  if (effort === null && !isOn) return nothing;
  const request = traits.thinkingRequest;
  if (request.kind === "none") {
    notes.add(`${effort === null ? "thinking" : "reasoning_effort"} left out: the target takes none`);
    return nothing;
  }
  if (request.kind === "budget") return budgetThinking(question, notes);
  const mapped = effort === null ? null : adaptiveEffort(effort, request.efforts);
  if (effort === "none") return { thinking: null, effort: mapped };
  const obstacle = obstacleOf(question, false);
  if (obstacle !== null) notes.add(`thinking left out: ${obstacle}`);
  // Without `display` newer models send thinking without its text.
  return { thinking: obstacle === null ? { type: "adaptive", display: "summarized" } : null, effort: mapped };
}

function thinksUnlessTold({ toolChoices, reasoningRequest }: TargetTraits): boolean {
  return toolChoices === "forced-unthinking" || reasoningRequest.kind === "thinking-switch";
}

function budgetThinking(question: ThinkingQuestion, notes: Set<string>): ThinkingFields {
  const asked = question.budgetTokens ?? ownValue(budgets, question.effort ?? "medium") ?? 0;
  const wanted = asked === 0 ? 0 : Math.max(asked, leastBudget);
  if (wanted === 0) return nothing;
  // Room for an answer stays: the budget counts as output.
  const budget = Math.min(wanted, Math.floor(question.maxTokens * 0.75));
  const obstacle = budget < leastBudget ? "max_tokens leaves no room for it" : obstacleOf(question, true);
  if (obstacle !== null) {
    notes.add(`thinking left out: ${obstacle}`);
    return nothing;
  }
  return { thinking: { type: "enabled", budget_tokens: budget }, effort: null };
}

/** The effort of this name, the least for less than that, the highest for more than is known. */
function adaptiveEffort(effort: string, known: readonly string[]): string | null {
  if (known.includes(effort)) return effort;
  if (effort === "none" || effort === "minimal") return known[0] ?? null;
  return known.at(-1) ?? null;
}

/** Why thinking cannot be asked for here, in words for a note; null if it can. */
function obstacleOf(question: ThinkingQuestion, isBudget: boolean): string | null {
  if (isToolForced(question)) return "a tool is forced";
  if (question.turns.at(-1)?.role === "assistant") return "the answer is begun already";
  return isBudget && isToolLoopWithoutThinking(question.turns) ? "the tool loop began without it" : null;
}

function isToolForced({ toolChoice }: ThinkingQuestion): boolean {
  const { type } = toJsonObject(toolChoice);
  return type === "any" || type === "tool";
}

/** With a budget, the answer that a tool result belongs to must begin with its thinking. */
function isToolLoopWithoutThinking(turns: readonly Turn[]): boolean {
  const isInLoop = turns.at(-1)?.content.some((block) => block["type"] === "tool_result") === true;
  const first = turns.findLast((turn) => turn.role === "assistant")?.content[0]?.["type"];
  return isInLoop && first !== "thinking" && first !== "redacted_thinking";
}
