/** What OpenAI's reasoning models refuse: the old token limit, sampling, penalties, stop sequences, efforts they do not know. */
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerPlan } from "../answers/plan-answer.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { invalid } from "./invalid-request.ts";

/** The first such field, or null. */
export function checkReasoningFields(body: JsonObject, name: string): ProviderError | null {
  return checkSampling(body) ?? checkEffort(body, name);
}

function checkSampling(body: JsonObject): ProviderError | null {
  const unsupported = (field: string, instead: string): ProviderError =>
    invalid(
      `Unsupported parameter: '${field}' is not supported with this model.${instead}`,
      field,
      "unsupported_parameter",
    );
  if (body["max_tokens"] !== undefined) return unsupported("max_tokens", " Use 'max_completion_tokens' instead.");
  const refused = ["stop", "presence_penalty", "frequency_penalty", "logit_bias"];
  const given = refused.find((field) => body[field] !== undefined && body[field] !== null);
  if (given !== undefined) return unsupported(given, "");
  for (const field of ["temperature", "top_p"]) {
    const value = body[field];
    if (value === undefined || value === null || value === 1) continue;
    return invalid(
      `Unsupported value: '${field}' does not support ${textOrJson(value)} with this model. Only the default (1) value is supported.`,
      field,
      "unsupported_value",
    );
  }
  return null;
}

/** Efforts by family, as far as their pages at https://developers.openai.com/api/docs/models name them. */
const effortsOfFamily: readonly (readonly [RegExp, string])[] = [
  [/^gpt-5(-mini|-nano)?(-\d|$)/, "minimal low medium high"],
  [/^gpt-5\.1/, "none low medium high"],
  [/^gpt-/, "none low medium high xhigh"],
  [/./, "low medium high"],
];

/** The efforts that a model takes. */
function effortsOf(name: string): readonly string[] {
  return (effortsOfFamily.find(([family]) => family.test(name))?.[1] ?? "").split(" ");
}

/** From gpt-5.6 on the Responses API takes one effort more than Chat Completions. */
export function responsesEffortsOf(name: string): readonly string[] {
  return isFrom56(name) ? [...effortsOf(name), "max"] : effortsOf(name);
}

function isFrom56(name: string): boolean {
  return /^gpt-(5\.[6-9]|[6-9])/.test(name);
}

/** The limit counts thoughts, too: used up by these alone it makes a refusal of the answer. */
export function checkSpentLimit({ finish, parts }: AnswerPlan): ProviderError | null {
  if (finish !== "length" || parts.some(({ kind }) => kind !== "thought")) return null;
  return invalid(
    "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.",
  );
}

/** From gpt-5.4 on, Chat Completions takes function tools only without reasoning; from 5.6 on it must be said. */
function checkEffort(body: JsonObject, name: string): ProviderError | null {
  const effort = textOrJson(body["reasoning_effort"]);
  const efforts = effortsOf(name);
  if (effort !== "" && !efforts.includes(effort)) {
    return invalid(
      `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${efforts.map((one) => `'${one}'`).join(", ")}.`,
      "reasoning_effort",
      "unsupported_value",
    );
  }
  const mustSay = isFrom56(name);
  const isLate = mustSay || /^gpt-5\.[45]/.test(name);
  if (!isLate || body["tools"] === undefined || effort === "none" || (effort === "" && !mustSay)) return null;
  return invalid(
    `Function tools with reasoning_effort are not supported for ${name} in /v1/chat/completions. Please use /v1/responses instead.`,
    "reasoning_effort",
  );
}
