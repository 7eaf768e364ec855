/**
 * A profile: how one provider speaks one dialect. Its models, what it refuses and in which words, the shape of its
 * answers and its headers. The server (create-simulated-provider.ts) asks a profile for all of this and knows no
 * provider by name.
 */
import type { Dialect } from "../core/dialect.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { AnswerPlan } from "./answers/plan-answer.ts";
import type { CachedInput, PromptCache } from "./answers/prompt-cache.ts";
import type { Prompt } from "./answers/prompt.ts";
import type { ProviderError } from "./provider-error.ts";

/** What simulated providers speak. */
export type SimulatedDialect = Dialect | "openai-responses";

export type SimulatedProviderKind = "anthropic" | "openai" | "groq" | "deepseek";

export interface SimulatedModel {
  readonly name: string;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Thinks at all, and what it does with a request that says nothing of it. */
  readonly reasoning: "never" | "when-asked" | "unless-told";
  readonly hasImages: boolean;
}

/** Names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Everything that goes into one answer. */
export interface AnswerFacts {
  readonly plan: AnswerPlan;
  readonly prompt: Prompt;
  readonly model: SimulatedModel;
  readonly body: JsonObject;
  readonly headers: RequestHeaders;
  readonly input: CachedInput;
  /** Same for every part of the answer. */
  readonly seed: number;
  readonly createdMs: number;
  readonly isUsageMissing: boolean;
}

/** One event of a stream as it is sent, and the output tokens in it, which set its pace. */
export interface Frame {
  readonly text: string;
  readonly tokens: number;
}

/** Figures for the headers that tell of limits. */
export interface AnswerHeaderFacts {
  readonly requestId: string;
  readonly nowMs: number;
  /** Time to the first byte, as the provider measures it. */
  readonly elapsedMs: number;
  readonly requestsLimit: number;
  readonly requestsLeft: number;
  readonly inputTokens: number;
}

export interface Profile {
  readonly kind: SimulatedProviderKind;
  readonly dialect: SimulatedDialect;
  /** Path below the origin that clients are given as base URL. */
  readonly basePath: string;
  readonly models: readonly SimulatedModel[];
  /** Any model of the provider's families, listed or not. */
  findModel(name: string): SimulatedModel | null;
  readPrompt(body: JsonObject, model: SimulatedModel): Prompt;
  /** What a strict server finds wrong with the request; null for nothing. `isCounting`: it only asks for a token count. */
  check(body: JsonObject, headers: RequestHeaders, model: SimulatedModel, isCounting: boolean): ProviderError | null;
  /** The refusal of a prompt that does not fit, in the provider's own words; null if it fits. */
  checkContext(prompt: Prompt, inputTokens: number, contextTokens: number): ProviderError | null;
  /** The refusal of an answer that would have been this; null, as without it, where it is given. */
  readonly checkPlan?: (plan: AnswerPlan) => ProviderError | null;
  readCache(cache: PromptCache, prompt: Prompt): CachedInput;
  whole(facts: AnswerFacts): JsonObject;
  stream(facts: AnswerFacts): Iterable<Frame>;
  /** Errors that come from the server's own side of things. */
  readonly errors: {
    badKey(key: string | null): ProviderError;
    badJson(): ProviderError;
    noSuchModel(name: string): ProviderError;
    noSuchPath(method: string, path: string): ProviderError;
    tooManyRequests(model: string, limit: number, retryAfterSeconds: number): ProviderError;
    overloaded(): ProviderError;
    ofStatus(status: number): ProviderError;
  };
  errorBody(error: ProviderError, requestId: string): JsonObject;
  /** An error within a stream, after `framesBefore` frames. */
  errorFrame(error: ProviderError, requestId: string, framesBefore: number): Frame;
  headers(facts: AnswerHeaderFacts): Record<string, string>;
  modelList(createdMs: number): JsonObject;
  requestId(seed: number): string;
}
