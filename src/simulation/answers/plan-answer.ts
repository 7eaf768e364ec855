/**
 * What a simulated model answers: thoughts, text and tool calls, decided from the prompt and a random source alone.
 *
 * A script in the prompt decides first (script.ts). Without one, a tool that the person names ("use the Bash tool")
 * is called once, a forced tool choice is obeyed, and everything else gets plausible text.
 */
import type { JsonObject } from "../../core/json/json.ts";
import { writeText } from "./answer-text.ts";
import { findPosition } from "./prompt.ts";
import type { Prompt, PromptPosition, PromptTool } from "./prompt.ts";
import { pickInteger } from "../random.ts";
import type { Random } from "../random.ts";
import { sampleInput, sampleOfSchema } from "./sample-of-schema.ts";
import { parseScript } from "./script.ts";
import type { Script, ScriptCall } from "./script.ts";
import { charsPerToken, countTokens } from "./tokens.ts";

export type AnswerPart =
  | { readonly kind: "thought"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  /** `inputJson` is cut where the token limit cut the answer. */
  | { readonly kind: "call"; readonly name: string; readonly inputJson: string };

export type AnswerFinish = "end" | "tool" | "length" | "stop-sequence" | "refusal";

export interface AnswerPlan {
  readonly parts: readonly AnswerPart[];
  readonly finish: AnswerFinish;
  readonly stopSequence: string | null;
  readonly outputTokens: number;
  /** The part of `outputTokens` that are thoughts. */
  readonly thoughtTokens: number;
}

/** Decides an answer. `textTokens`: length of plain text, null for a random one of 40 to 160. */
export function planAnswer(prompt: Prompt, random: Random, textTokens: number | null): AnswerPlan {
  const position = findPosition(prompt.turns);
  const script = parseScript(position.question);
  const parts: AnswerPart[] = [];
  if (prompt.isThinking) {
    parts.push({ kind: "thought", text: script.think ?? writeText(random, pickInteger(random, 12, 40)) });
  }
  if (script.isRefusal) return finishPlan(parts, "refusal", null);
  const calls = planCalls(prompt, position, script);
  if (calls.length > 0) {
    if (prompt.toolChoice.kind === "auto") parts.push({ kind: "text", text: script.say ?? introduce(calls) });
    for (const call of calls) parts.push({ kind: "call", name: call.name, inputJson: JSON.stringify(call.input) });
  } else {
    parts.push({ kind: "text", text: planText(prompt, position, script, random, textTokens) });
  }
  return limitAnswer(parts, prompt.maxOutputTokens, prompt.stopSequences);
}

function planCalls(prompt: Prompt, position: PromptPosition, script: Script): readonly ScriptCall[] {
  if (prompt.tools.length === 0 || prompt.toolChoice.kind === "none") return [];
  const known = new Set(prompt.tools.map((tool) => tool.name));
  const scripted = (script.steps[position.stepsDone] ?? []).filter((call) => known.has(call.name));
  if (scripted.length > 0) return prompt.hasParallelCalls ? scripted : scripted.slice(0, 1);
  const tool = findForcedTool(prompt) ?? findNamedTool(prompt.tools, position, script);
  if (tool === undefined) return [];
  return [{ name: tool.name, input: sampleInput(tool.schema, quotedTexts(position.question)) }];
}

function findForcedTool(prompt: Prompt): PromptTool | undefined {
  const choice = prompt.toolChoice;
  if (choice.kind === "named") return prompt.tools.find((tool) => tool.name === choice.name);
  return choice.kind === "any" ? prompt.tools[0] : undefined;
}

function findNamedTool(tools: readonly PromptTool[], position: PromptPosition, script: Script): PromptTool | undefined {
  if (position.stepsDone > 0 || script.steps.length > 0 || script.say !== null) return undefined;
  if (!/\b(use|using|run|call|calling|with|through)\b/i.test(position.question)) return undefined;
  const words = new Set(position.question.match(/[\w-]+/g) ?? []);
  return tools.find((tool) => words.has(tool.name));
}

/** Texts between backticks in the question: what the tool is to be given. */
function quotedTexts(question: string): string[] {
  return [...question.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

function introduce(calls: readonly ScriptCall[]): string {
  return `I will call ${calls.map((call) => call.name).join(" and ")} and look at what it says.`;
}

function planText(
  prompt: Prompt,
  position: PromptPosition,
  script: Script,
  random: Random,
  textTokens: number | null,
): string {
  if (prompt.outputSchema !== null) return JSON.stringify(sampleJson(prompt.outputSchema, position.question));
  if (script.say !== null) return script.say;
  const tokens = script.tokens ?? textTokens ?? pickInteger(random, 40, 160);
  if (position.lastResults.length === 0 || script.tokens !== null) return writeText(random, tokens);
  const quote = position.lastResults.map((result) => result.trim().slice(0, 200)).join("\n");
  return `The tool answered: ${quote}\n\n${writeText(random, Math.min(tokens, 24))}`;
}

function sampleJson(schema: JsonObject, question: string): unknown {
  if (Object.keys(schema).length === 0) return { answer: question.slice(0, 80) };
  return sampleOfSchema(schema, quotedTexts(question));
}

/** Cuts an answer at the first stop sequence in its text, and at the token limit. */
export function limitAnswer(
  parts: readonly AnswerPart[],
  maxOutputTokens: number | null,
  stopSequences: readonly string[],
): AnswerPlan {
  const kept: AnswerPart[] = [];
  let charsLeft = maxOutputTokens === null ? Number.POSITIVE_INFINITY : Math.floor(maxOutputTokens * charsPerToken);
  for (const part of parts) {
    const stop = part.kind === "text" ? findStop(part.text, stopSequences) : null;
    const whole = part.kind === "call" ? part.inputJson : part.text;
    const wanted = stop === null ? whole : whole.slice(0, stop.at);
    if (wanted.length > charsLeft) {
      if (charsLeft > 0) kept.push(withText(part, wanted.slice(0, charsLeft).toWellFormed()));
      return finishPlan(kept, "length", null);
    }
    charsLeft -= wanted.length;
    if (wanted !== "" || part.kind === "thought") kept.push(withText(part, wanted));
    if (stop !== null) return finishPlan(kept, "stop-sequence", stop.sequence);
  }
  return finishPlan(kept, kept.some((part) => part.kind === "call") ? "tool" : "end", null);
}

function withText(part: AnswerPart, text: string): AnswerPart {
  return part.kind === "call" ? { ...part, inputJson: text } : { ...part, text };
}

function findStop(text: string, sequences: readonly string[]): { at: number; sequence: string } | null {
  let first: { at: number; sequence: string } | null = null;
  for (const sequence of sequences) {
    const at = sequence === "" ? -1 : text.indexOf(sequence);
    if (at !== -1 && (first === null || at < first.at)) first = { at, sequence };
  }
  return first;
}

function finishPlan(parts: readonly AnswerPart[], finish: AnswerFinish, stopSequence: string | null): AnswerPlan {
  let outputTokens = 0;
  let thoughtTokens = 0;
  for (const part of parts) {
    const tokens = part.kind === "call" ? countTokens(part.name + part.inputJson) : countTokens(part.text);
    outputTokens += tokens;
    if (part.kind === "thought") thoughtTokens += tokens;
  }
  return { parts, finish, stopSequence, outputTokens: Math.max(1, outputTokens), thoughtTokens };
}
