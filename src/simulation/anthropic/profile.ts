/** Anthropic as a simulated provider. Errors: https://docs.claude.com/en/api/errors; limits: …/api/rate-limits. */
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerHeaderFacts, Frame, Profile, SimulatedModel } from "../profile.ts";
import type { Prompt } from "../answers/prompt.ts";
import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";
import { createRandom, pickLetters } from "../random.ts";
import { toAnthropicFrames, toAnthropicMessage } from "./answers.ts";
import { checkAnthropicRequest } from "./check-request.ts";
import { isGeneration } from "./generation.ts";
import { invalid } from "./invalid-request.ts";
import { readAnthropicPrompt } from "./read-prompt.ts";

function model(name: string, contextTokens: number, maxOutputTokens: number): SimulatedModel {
  return { name, contextTokens, maxOutputTokens, reasoning: "when-asked", hasImages: true };
}

const models: readonly SimulatedModel[] = [
  model("claude-opus-5-5", 1_000_000, 128_000),
  model("claude-sonnet-5-5", 1_000_000, 128_000),
  model("claude-haiku-5-5", 1_000_000, 128_000),
  model("claude-opus-5", 1_000_000, 128_000),
  model("claude-sonnet-5", 1_000_000, 128_000),
  model("claude-sonnet-4-6", 1_000_000, 128_000),
  model("claude-haiku-4-5", 200_000, 64_000),
];

function findModel(name: string): SimulatedModel | null {
  const listed = models.find((known) => name === known.name || name.startsWith(`${known.name}-2`));
  if (listed !== undefined) return listed;
  if (!/^claude-[a-z0-9-]+$/.test(name)) return null;
  return isGeneration(name, 4, 6) ? model(name, 1_000_000, 128_000) : model(name, 200_000, 64_000);
}

function checkContext(prompt: Prompt, inputTokens: number, contextTokens: number): ProviderError | null {
  if (inputTokens > contextTokens) {
    return invalid(`prompt is too long: ${inputTokens} tokens > ${contextTokens} maximum`);
  }
  const asked = prompt.maxOutputTokens ?? 0;
  if (inputTokens + asked <= contextTokens) return null;
  return invalid(
    `input length and \`max_tokens\` exceed context limit: ${inputTokens} + ${asked} > ${contextTokens}, decrease input length or \`max_tokens\` and try again`,
  );
}

const byStatus: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ["invalid_request_error", "There was an issue with the format or content of your request."],
  401: ["authentication_error", "invalid x-api-key"],
  402: ["billing_error", "Your credit balance is too low to access the Anthropic API."],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "Not found"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your account's rate limit. Please try again later."],
  500: ["api_error", "Internal server error"],
  504: ["timeout_error", "Your request timed out."],
  529: ["overloaded_error", "Overloaded"],
};

function ofStatus(status: number): ProviderError {
  const [type, message] = byStatus[status] ?? byStatus[status < 500 ? 400 : 500] ?? ["api_error", ""];
  return providerError(status, type, message);
}

const errors: Profile["errors"] = {
  badKey: (key) =>
    providerError(401, "authentication_error", key === null ? "x-api-key header is required" : "invalid x-api-key"),
  badJson: () => invalid("The request body is not valid JSON"),
  noSuchModel: (name) => providerError(404, "not_found_error", `model: ${name}`),
  noSuchPath: () => providerError(404, "not_found_error", "Not Found"),
  tooManyRequests: (name, limit, retryAfterSeconds) =>
    providerError(
      429,
      "rate_limit_error",
      `This request would exceed your organization's rate limit of ${limit} requests per minute (model: ${name}).`,
      { retryAfterSeconds },
    ),
  overloaded: () => ofStatus(529),
  ofStatus,
};

function errorBody(error: ProviderError, requestId: string): JsonObject {
  return {
    type: "error",
    error: { type: error.type, message: error.message, details: error.details },
    request_id: requestId,
  };
}

function errorFrame(error: ProviderError, requestId: string): Frame {
  return { text: `event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`, tokens: 0 };
}

function headers(facts: AnswerHeaderFacts): Record<string, string> {
  const reset = `${new Date(facts.nowMs + 60_000).toISOString().slice(0, 19)}Z`;
  const tokenLimit = 4_000_000;
  return {
    "request-id": facts.requestId,
    "anthropic-organization-id": "5e1f0000-0000-4000-a000-000000000001",
    "anthropic-ratelimit-requests-limit": String(facts.requestsLimit),
    "anthropic-ratelimit-requests-remaining": String(facts.requestsLeft),
    "anthropic-ratelimit-requests-reset": reset,
    "anthropic-ratelimit-tokens-limit": String(tokenLimit),
    "anthropic-ratelimit-tokens-remaining": String(Math.max(0, tokenLimit - facts.inputTokens)),
    "anthropic-ratelimit-tokens-reset": reset,
  };
}

function modelList(createdMs: number): JsonObject {
  const createdAt = new Date(createdMs).toISOString();
  const data = models.map(({ name }) => ({
    type: "model",
    id: name,
    display_name: name
      .split("-")
      .map((word) => word[0]?.toUpperCase() + word.slice(1))
      .join(" "),
    created_at: createdAt,
  }));
  return { data, has_more: false, first_id: models[0]?.name ?? null, last_id: models.at(-1)?.name ?? null };
}

/** Anthropic's own API. */
export const anthropicProfile: Profile = {
  kind: "anthropic",
  dialect: "anthropic-messages",
  basePath: "",
  models,
  findModel,
  readPrompt: readAnthropicPrompt,
  check: checkAnthropicRequest,
  checkContext,
  readCache: (cache, prompt) => cache.readMarked(prompt.model, prompt.segments),
  whole: toAnthropicMessage,
  stream: toAnthropicFrames,
  errors,
  errorBody,
  errorFrame,
  headers,
  modelList,
  requestId: (seed) => `req_011${pickLetters(createRandom(seed), 21)}`,
};
