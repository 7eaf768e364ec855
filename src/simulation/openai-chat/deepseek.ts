/** DeepSeek as a simulated provider. API: https://api-docs.deepseek.com/api/create-chat-completion; …/quick_start/error_codes. */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerFacts, Profile, SimulatedModel } from "../profile.ts";
import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";
import { createRandom, pickLetters, pickUuid } from "../random.ts";
import { createOpenAiProfile } from "./create-profile.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { invalid } from "./invalid-request.ts";

function model(name: string, reasoning: SimulatedModel["reasoning"]): SimulatedModel {
  const hasImages = name !== "deepseek-v4-pro";
  return { name, contextTokens: 1_000_000, maxOutputTokens: 384_000, reasoning, hasImages };
}

/** The last three are older names of deepseek-flash, the last but one without thinking. */
const models: readonly SimulatedModel[] = [
  model("deepseek-v4-pro", "unless-told"),
  model("deepseek-flash", "unless-told"),
  model("deepseek-v4-flash", "unless-told"),
  model("deepseek-chat", "when-asked"),
  model("deepseek-reasoner", "unless-told"),
];

/** DeepSeek gives every refusal of the request this code. */
function refuse(message: string): ProviderError {
  return invalid(message, null, "invalid_request_error");
}

function isThinking(body: JsonObject, model: SimulatedModel): boolean {
  const asked = toJsonObject(body["thinking"])["type"];
  return model.reasoning === "when-asked" ? asked === "enabled" : asked !== "disabled";
}

function usage(facts: AnswerFacts): JsonObject {
  const { uncached, read } = facts.input;
  const { outputTokens, thoughtTokens } = facts.plan;
  return {
    prompt_tokens: uncached + read,
    completion_tokens: outputTokens,
    total_tokens: uncached + read + outputTokens,
    prompt_tokens_details: { cached_tokens: read },
    ...(thoughtTokens > 0 ? { completion_tokens_details: { reasoning_tokens: thoughtTokens } } : {}),
    prompt_cache_hit_tokens: read,
    prompt_cache_miss_tokens: uncached,
  };
}

const flavour: OpenAiFlavour = {
  extraFields: ["thinking", "reasoning_effort"],
  assistantFields: ["reasoning_content", "prefix"],
  thoughtField: "reasoning_content",
  hasDeveloperRole: false,
  isThoughtRequired: true,
  isThinking,
  unknownField: (path) =>
    refuse(
      `Failed to deserialize the JSON body into the target type: ${path}: unknown field \`${path.slice(path.lastIndexOf(".") + 1)}\``,
    ),
  tooManyOutputTokens: (_field, _asked, model) =>
    refuse(`Invalid max_tokens value, the valid range of max_tokens is [1, ${model.maxOutputTokens}]`),
  checkModelFields: (body) => {
    if (body["max_completion_tokens"] !== undefined) {
      return refuse("Failed to deserialize the JSON body into the target type: unknown field `max_completion_tokens`");
    }
    const format = toJsonObject(body["response_format"])["type"];
    return format === "json_schema" ? refuse("This response_format type is unavailable now") : null;
  },
  completionId: pickUuid,
  callId: (random, index) => `call_${String(index).padStart(2, "0")}_${pickLetters(random, 24)}`,
  fingerprint: "fp_eaab8d114b_prod0820_fp8_kvcache",
  usage,
  firstChunkFields: () => ({ usage: null }),
  lastChunkFields: (_facts, counts) => ({ usage: counts }),
  wholeFields: () => ({}),
  streamUsage: "last-chunk",
};

function ofStatus(status: number): ProviderError {
  if (status === 401) return errors.badKey("sk-…");
  if (status === 402)
    return providerError(402, "unknown_error", "Insufficient Balance", { code: "invalid_request_error" });
  if (status === 429) return errors.tooManyRequests("deepseek-chat", 0, 1);
  if (status < 500)
    return providerError(status, "invalid_request_error", "Your request was rejected.", {
      code: "invalid_request_error",
    });
  if (status === 503) return errors.overloaded();
  return providerError(status, "internal_error", "Internal server error");
}

const errors: Profile["errors"] = {
  badKey: (key) =>
    providerError(
      401,
      "authentication_error",
      key === null
        ? "Authentication Fails (governor)"
        : `Authentication Fails, Your api key: ****${key.slice(-4)} is invalid`,
      { code: "invalid_request_error" },
    ),
  badJson: () => refuse("Failed to parse the request body as JSON"),
  noSuchModel: () => refuse("Model Not Exist"),
  noSuchPath: () => providerError(404, "invalid_request_error", "Not Found"),
  tooManyRequests: (_name, _limit, retryAfterSeconds) =>
    providerError(429, "rate_limit_error", "Rate Limit Reached: you are sending requests too quickly.", {
      code: "rate_limit_reached",
      retryAfterSeconds,
    }),
  overloaded: () =>
    providerError(
      503,
      "service_unavailable_error",
      "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
    ),
  ofStatus,
};

/** DeepSeek's own API, in its OpenAI dialect. */
export const deepseekProfile: Profile = createOpenAiProfile({
  kind: "deepseek",
  basePath: "",
  owner: "deepseek",
  models,
  flavour,
  cacheRules: { minimumTokens: 64, stepTokens: 64 },
  findModel: (name) => models.find((known) => known.name === name) ?? null,
  checkContext: (prompt, inputTokens, contextTokens) => {
    const asked = prompt.maxOutputTokens ?? 0;
    if (inputTokens <= contextTokens) return null;
    return refuse(
      `This model's maximum context length is ${contextTokens} tokens. However, you requested ${inputTokens + asked} tokens (${inputTokens} in the messages, ${asked} in the completion). Please reduce the length of the messages or completion.`,
    );
  },
  errors,
  headers: (facts) => ({ "x-ds-trace-id": facts.requestId }),
  requestId: (seed) => pickLetters(createRandom(seed), 32).toLowerCase(),
});
