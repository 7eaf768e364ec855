/**
 * Groq as a simulated provider. API: https://console.groq.com/docs/api-reference; errors: …/docs/errors.
 *
 * Some of its models are no more at Groq itself; they stay for what the others do not show: small outputs, images.
 */
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerFacts, AnswerHeaderFacts, Profile, SimulatedModel } from "../profile.ts";
import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";
import { createRandom, pickLetters, pickUuid } from "../random.ts";
import { createOpenAiProfile } from "./create-profile.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { invalid, noSuchModel } from "./invalid-request.ts";

function model(
  name: string,
  contextTokens: number,
  maxOutputTokens: number,
  reasoning: SimulatedModel["reasoning"],
  hasImages = false,
): SimulatedModel {
  return { name, contextTokens, maxOutputTokens, reasoning, hasImages };
}

const models: readonly SimulatedModel[] = [
  model("llama-3.3-70b-versatile", 131_072, 32_768, "never"),
  model("llama-3.1-8b-instant", 131_072, 131_072, "never"),
  model("openai/gpt-oss-120b", 131_072, 65_536, "unless-told"),
  model("openai/gpt-oss-20b", 131_072, 65_536, "unless-told"),
  model("qwen/qwen3-32b", 131_072, 40_960, "unless-told"),
  model("meta-llama/llama-4-scout-17b-16e-instruct", 131_072, 8192, "never", true),
  model("moonshotai/kimi-k2-instruct-0905", 262_144, 16_384, "never"),
];

function usage(facts: AnswerFacts): JsonObject {
  const prompt = facts.input.uncached + facts.input.read;
  const { outputTokens, thoughtTokens } = facts.plan;
  const counts: JsonObject = {
    queue_time: 0.041,
    prompt_tokens: prompt,
    prompt_time: 0.0104,
    completion_tokens: outputTokens,
    completion_time: outputTokens / 400,
    total_tokens: prompt + outputTokens,
    total_time: 0.0104 + outputTokens / 400,
  };
  if (facts.input.read > 0) counts["prompt_tokens_details"] = { cached_tokens: facts.input.read };
  if (thoughtTokens > 0) counts["completion_tokens_details"] = { reasoning_tokens: thoughtTokens };
  return counts;
}

function groqId(facts: AnswerFacts): string {
  return `req_01${pickLetters(createRandom(facts.seed + 1), 24).toLowerCase()}`;
}

const flavour: OpenAiFlavour = {
  extraFields: [
    "citation_options", "compound_custom", "disable_tool_validation", "documents", "function_call", "functions",
    "include_reasoning", "logit_bias", "metadata", "n", "parallel_tool_calls", "reasoning_effort", "reasoning_format",
    "search_settings", "seed", "service_tier", "store", "user",
  ], // prettier-ignore
  assistantFields: ["reasoning", "function_call"],
  thoughtField: "reasoning",
  hasDeveloperRole: true,
  isThoughtRequired: false,
  isThinking: (body, model) =>
    model.reasoning === "unless-told" && body["reasoning_effort"] !== "none" && body["reasoning_format"] !== "hidden",
  unknownField: (path) => {
    const field = path.slice(path.lastIndexOf(".") + 1);
    if (!path.includes("[")) return invalid(`property '${field}' is unsupported`);
    const place = path.slice(0, path.lastIndexOf(".")).replaceAll("[", ".").replaceAll("]", "");
    return invalid(`'${place}' : property '${field}' is unsupported`);
  },
  tooManyOutputTokens: (field, _asked, model) =>
    invalid(
      `\`${field}\` must be less than or equal to \`${model.maxOutputTokens}\`, the maximum value for \`${field}\` is less than the \`context_window\` for this model`,
      field,
    ),
  checkModelFields: (body, model) => {
    const effort = body["reasoning_effort"];
    if (effort === undefined) return null;
    if (model.reasoning === "never") return invalid("`reasoning_effort` is not supported with this model");
    const known = model.name.startsWith("qwen/") ? ["none", "default"] : ["low", "medium", "high"];
    if (typeof effort === "string" && known.includes(effort)) return null;
    return invalid(`\`reasoning_effort\` must be one of ${known.map((one) => `\`${one}\``).join(", ")}`);
  },
  completionId: (random) => `chatcmpl-${pickUuid(random)}`,
  callId: (random) => pickLetters(random, 9).toLowerCase(),
  fingerprint: "fp_f8b414701e",
  usage,
  firstChunkFields: (facts) => ({ x_groq: { id: groqId(facts), seed: facts.seed } }),
  lastChunkFields: (facts, counts) => ({ x_groq: { id: groqId(facts), usage: counts }, usage: counts }),
  wholeFields: (facts) => ({ x_groq: { id: groqId(facts), seed: facts.seed }, service_tier: "on_demand" }),
  streamUsage: "last-chunk",
};

function ofStatus(status: number): ProviderError {
  if (status === 401) return errors.badKey("gsk_…");
  if (status === 413) {
    return providerError(
      413,
      "tokens",
      "Request too large for model in organization `org_simulated` service tier `on_demand` on tokens per minute (TPM): Limit 12000, Requested 90000, please reduce your message size and try again.",
      { code: "rate_limit_exceeded" },
    );
  }
  if (status === 429) return errors.tooManyRequests("llama-3.3-70b-versatile", 30, 2);
  if (status < 500) return providerError(status, "invalid_request_error", "Your request was rejected.");
  if (status === 503) return errors.overloaded();
  return providerError(status, "internal_server_error", "Internal Server Error");
}

const errors: Profile["errors"] = {
  badKey: () => providerError(401, "invalid_request_error", "Invalid API Key", { code: "invalid_api_key" }),
  badJson: () => invalid("could not parse request body as JSON"),
  noSuchModel,
  noSuchPath: (method, path) =>
    providerError(
      404,
      "invalid_request_error",
      `Unknown request URL: ${method} ${path}. Please check the URL for typos.`,
      {
        code: "unknown_url",
      },
    ),
  tooManyRequests: (name, limit, retryAfterSeconds) =>
    providerError(
      429,
      "requests",
      `Rate limit reached for model \`${name}\` in organization \`org_simulated\` service tier \`on_demand\` on requests per minute (RPM): Limit ${limit}, Used ${limit}, Requested 1. Please try again in ${retryAfterSeconds}s.`,
      { code: "rate_limit_exceeded", retryAfterSeconds },
    ),
  overloaded: () => providerError(503, "internal_server_error", "Service Unavailable: the model is over capacity"),
  ofStatus,
};

function headers(facts: AnswerHeaderFacts): Record<string, string> {
  return {
    "x-request-id": facts.requestId,
    "x-groq-region": "simulated",
    "x-ratelimit-limit-requests": String(facts.requestsLimit),
    "x-ratelimit-limit-tokens": "300000",
    "x-ratelimit-remaining-requests": String(facts.requestsLeft),
    "x-ratelimit-remaining-tokens": String(Math.max(0, 300_000 - facts.inputTokens)),
    "x-ratelimit-reset-requests": "86.4ms",
    "x-ratelimit-reset-tokens": "42ms",
  };
}

/** Groq's own API. */
export const groqProfile: Profile = createOpenAiProfile({
  kind: "groq",
  basePath: "/openai/v1",
  owner: "Groq",
  models,
  flavour,
  cacheRules: { minimumTokens: 1024, stepTokens: 128 },
  findModel: (name) => models.find((known) => known.name === name) ?? null,
  checkContext: (_prompt, inputTokens, contextTokens) =>
    inputTokens <= contextTokens
      ? null
      : invalid("Please reduce the length of the messages or completion.", "messages", "context_length_exceeded"),
  errors,
  headers,
  requestId: (seed) => `req_01${pickLetters(createRandom(seed), 24).toLowerCase()}`,
});
