/** OpenAI as a simulated provider. Errors: https://platform.openai.com/docs/guides/error-codes. */
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerFacts, AnswerHeaderFacts, Profile, SimulatedModel } from "../profile.ts";
import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";
import { createRandom, pickLetters } from "../random.ts";
import { createOpenAiProfile } from "./create-profile.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { invalid, noSuchModel } from "./invalid-request.ts";
import { checkReasoningFields, checkSpentLimit } from "./openai-reasoning.ts";

function model(
  name: string,
  contextTokens: number,
  maxOutputTokens: number,
  reasoning: SimulatedModel["reasoning"],
): SimulatedModel {
  return { name, contextTokens, maxOutputTokens, reasoning, hasImages: true };
}

const models: readonly SimulatedModel[] = [
  model("gpt-6-sol", 1_050_000, 128_000, "unless-told"),
  model("gpt-6-luna", 1_050_000, 128_000, "unless-told"),
  model("gpt-5.4-mini", 400_000, 128_000, "unless-told"),
  model("gpt-5.2", 400_000, 128_000, "unless-told"),
  model("gpt-5-mini", 400_000, 128_000, "unless-told"),
  model("gpt-4.1", 1_047_576, 32_768, "never"),
  model("gpt-4o", 128_000, 16_384, "never"),
  model("gpt-4o-mini", 128_000, 16_384, "never"),
];

function findModel(name: string): SimulatedModel | null {
  const listed = models.find((known) => name === known.name || name.startsWith(`${known.name}-20`));
  if (listed !== undefined) return listed;
  if (/^o\d/.test(name)) return model(name, 200_000, 100_000, "unless-told");
  if (name.startsWith("gpt-4.1")) return model(name, 1_047_576, 32_768, "never");
  if (name.startsWith("gpt-4")) return model(name, 128_000, 16_384, "never");
  if (/^gpt-([6-9]|5\.[5-9])/.test(name)) return model(name, 1_050_000, 128_000, "unless-told");
  return name.startsWith("gpt-5") ? model(name, 400_000, 128_000, "unless-told") : null;
}

function checkModelFields(body: JsonObject, found: SimulatedModel): ProviderError | null {
  if (found.reasoning === "never") {
    if (body["reasoning_effort"] === undefined) return null;
    return invalid("Unrecognized request argument supplied: reasoning_effort");
  }
  return checkReasoningFields(body, found.name);
}

function usage(facts: AnswerFacts): JsonObject {
  const prompt = facts.input.uncached + facts.input.read;
  const { outputTokens, thoughtTokens } = facts.plan;
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    prompt_tokens_details: { cached_tokens: facts.input.read, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: thoughtTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const flavour: OpenAiFlavour = {
  extraFields: [
    "audio", "function_call", "functions", "logit_bias", "metadata", "modalities", "moderation", "n", "parallel_tool_calls",
    "prediction", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
    "safety_identifier", "seed", "service_tier", "store", "user", "verbosity", "web_search_options",
  ], // prettier-ignore
  assistantFields: ["audio", "function_call"],
  thoughtField: null,
  hasDeveloperRole: true,
  isThoughtRequired: false,
  isThinking: (body, found) =>
    found.reasoning === "unless-told" &&
    body["reasoning_effort"] !== "none" &&
    // These do not think beside tools where nothing is said of it.
    !(/^gpt-5\.[45]/.test(found.name) && body["tools"] !== undefined && body["reasoning_effort"] === undefined),
  unknownField: (path) =>
    path.includes("[")
      ? invalid(`Unknown parameter: '${path}'.`, path, "unknown_parameter")
      : invalid(`Unrecognized request argument supplied: ${path}`),
  tooManyOutputTokens: (field, asked, found) =>
    invalid(
      `${field} is too large: ${asked}. This model supports at most ${found.maxOutputTokens} completion tokens, whereas you provided ${asked}.`,
      field,
      "invalid_value",
    ),
  checkModelFields,
  completionId: (random) => `chatcmpl-${pickLetters(random, 29)}`,
  callId: (random) => `call_${pickLetters(random, 24)}`,
  fingerprint: "fp_50906f2aac",
  usage,
  firstChunkFields: () => ({ service_tier: "default" }),
  lastChunkFields: () => ({}),
  wholeFields: () => ({ service_tier: "default" }),
  streamUsage: "own-chunk-if-asked",
};

function ofStatus(status: number): ProviderError {
  if (status === 401) return errors.badKey("sk-…");
  if (status === 403) return providerError(403, "invalid_request_error", "You are not allowed to use this model.");
  if (status === 429) {
    return providerError(
      429,
      "insufficient_quota",
      "You exceeded your current quota, please check your plan and billing details.",
      { code: "insufficient_quota" },
    );
  }
  if (status < 500) return providerError(status, "invalid_request_error", "Your request was rejected.");
  if (status === 503) return errors.overloaded();
  return providerError(
    status,
    "server_error",
    "The server had an error while processing your request. Sorry about that!",
  );
}

const errors: Profile["errors"] = {
  badKey: (key) =>
    providerError(
      401,
      "invalid_request_error",
      key === null
        ? "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth."
        : `Incorrect API key provided: ${key.slice(0, 3)}***. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { code: key === null ? null : "invalid_api_key" },
    ),
  badJson: () => invalid("We could not parse the JSON body of your request."),
  noSuchModel,
  noSuchPath: (method, path) => providerError(404, "invalid_request_error", `Invalid URL (${method} ${path})`),
  tooManyRequests: (name, limit, retryAfterSeconds) =>
    providerError(
      429,
      "requests",
      `Rate limit reached for ${name} in organization org-simulated on requests per min (RPM): Limit ${limit}, Used ${limit}, Requested 1. Please try again in ${retryAfterSeconds}s.`,
      { code: "rate_limit_exceeded", retryAfterSeconds },
    ),
  overloaded: () => providerError(503, "server_error", "The engine is currently overloaded, please try again later."),
  ofStatus,
};

function headers(facts: AnswerHeaderFacts): Record<string, string> {
  return {
    "x-request-id": facts.requestId,
    "openai-organization": "org-simulated",
    "openai-processing-ms": String(Math.round(facts.elapsedMs)),
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": String(facts.requestsLimit),
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": String(facts.requestsLeft),
    "x-ratelimit-remaining-tokens": String(Math.max(0, 2_000_000 - facts.inputTokens)),
    "x-ratelimit-reset-requests": "12ms",
    "x-ratelimit-reset-tokens": "6ms",
  };
}

/** OpenAI's own API. */
export const openaiProfile: Profile = createOpenAiProfile({
  kind: "openai",
  basePath: "/v1",
  owner: "system",
  models,
  flavour,
  cacheRules: { minimumTokens: 1024, stepTokens: 128 },
  findModel,
  checkPlan: checkSpentLimit,
  checkContext: (_prompt, inputTokens, contextTokens) =>
    inputTokens <= contextTokens
      ? null
      : invalid(
          `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${inputTokens} tokens. Please reduce the length of the messages.`,
          "messages",
          "context_length_exceeded",
        ),
  errors,
  headers,
  requestId: (seed) => `req_${pickLetters(createRandom(seed), 32).toLowerCase()}`,
});
