/** What becomes of one request: a refusal or an answer, decided without touching a socket. */
import { isJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { Behaviour } from "../behaviour.ts";
import { planAnswer } from "../answers/plan-answer.ts";
import type { AnswerFacts, Profile, RequestHeaders, SimulatedModel } from "../profile.ts";
import type { PromptCache } from "../answers/prompt-cache.ts";
import { findPosition } from "../answers/prompt.ts";
import type { Prompt } from "../answers/prompt.ts";
import type { ProviderError } from "../provider-error.ts";
import { createRandom, hashText } from "../random.ts";
import { countTokens, templateTokens } from "../answers/tokens.ts";
import { textOrJson } from "../text-or-json.ts";

export interface InferenceRequest {
  readonly body: JsonValue | undefined;
  readonly headers: RequestHeaders;
  readonly serial: number;
  readonly nowMs: number;
}

export interface ReadRequest {
  readonly kind: "read";
  readonly body: JsonObject;
  readonly model: SimulatedModel;
  readonly prompt: Prompt;
}

export interface Refused {
  readonly kind: "refused";
  readonly error: ProviderError;
}

/** The key that came with a request: `x-api-key`, else a bearer token; null for none. */
export function keyOf(headers: RequestHeaders): string | null {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  const authorization = headers["authorization"];
  return typeof authorization === "string" ? authorization.replace(/^Bearer\s+/i, "") : null;
}

/** Checks a request as the provider does: JSON, model, fields. */
export function readRequest(
  profile: Profile,
  behaviour: Behaviour,
  request: InferenceRequest,
  isCounting: boolean,
): ReadRequest | Refused {
  const refuse = (error: ProviderError): Refused => ({ kind: "refused", error });
  if (!isJsonObject(request.body)) return refuse(profile.errors.badJson());
  const name = textOrJson(request.body["model"]);
  const model = profile.findModel(name);
  if (model === null) return refuse(profile.errors.noSuchModel(name));
  const error = behaviour.isStrict ? profile.check(request.body, request.headers, model, isCounting) : null;
  if (error !== null) return refuse(error);
  return { kind: "read", body: request.body, model, prompt: profile.readPrompt(request.body, model) };
}

/** Input tokens of a prompt, as its usage and count_tokens both state them. */
export function countInput(prompt: Prompt): number {
  let tokens = templateTokens;
  for (const segment of prompt.segments) tokens += countTokens(segment.text);
  return tokens;
}

/** The answer to a request that has been read, or the refusal of one that fits no context or output limit. */
export function decideAnswer(
  profile: Profile,
  behaviour: Behaviour,
  cache: PromptCache,
  seed: number,
  request: InferenceRequest,
  read: ReadRequest,
): { readonly kind: "answer"; readonly facts: AnswerFacts } | Refused {
  const { model, prompt, body } = read;
  const contextTokens = behaviour.contextTokens ?? model.contextTokens;
  const overflow = profile.checkContext(prompt, countInput(prompt), contextTokens);
  if (overflow !== null) return { kind: "refused", error: overflow };
  const { question, stepsDone } = findPosition(prompt.turns);
  const random = createRandom(hashText(`${seed} ${model.name} ${stepsDone} ${question}`));
  const plan = planAnswer(prompt, random, behaviour.answerTokens);
  const refusal = behaviour.isStrict ? (profile.checkPlan?.(plan) ?? null) : null;
  if (refusal !== null) return { kind: "refused", error: refusal };
  return {
    kind: "answer",
    facts: {
      plan,
      prompt,
      model,
      body,
      headers: request.headers,
      input: profile.readCache(cache, prompt),
      seed: hashText(`${seed} ${profile.kind} ${request.serial}`),
      createdMs: request.nowMs,
      isUsageMissing: behaviour.isUsageMissing,
    },
  };
}
