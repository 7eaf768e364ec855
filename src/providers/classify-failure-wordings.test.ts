/** What each provider's words and status mean: one row for each wording that is known. */
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import type { ErrorCode } from "../core/errors/errors.ts";
import { classify, openai } from "./test-error-answer.ts";

const anthropic = (type: string, message: string): string =>
  JSON.stringify({ type: "error", error: { type, message }, request_id: "req_1" });

/** Who says it, with which status and words, and what it means. */
const wordings: readonly [string, number, string, ErrorCode][] = [
  ["Anthropic: key", 401, anthropic("authentication_error", "invalid x-api-key"), "provider_rejected_credentials"],
  ["Anthropic: permission", 403, anthropic("permission_error", "not allowed"), "provider_denied_permission"],
  [
    "Anthropic: credit under 400",
    400,
    anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
    "provider_out_of_credit",
  ],
  ["Anthropic: billing", 402, anthropic("billing_error", "There's an issue with billing"), "provider_out_of_credit"],
  ["Anthropic: model", 404, anthropic("not_found_error", "model: claude-nope"), "provider_model_not_found"],
  ["Anthropic: rate", 429, anthropic("rate_limit_error", "would exceed your rate limit"), "provider_rate_limited"],
  ["Anthropic: overloaded", 529, anthropic("overloaded_error", "Overloaded"), "provider_overloaded"],
  ["Anthropic: own fault", 500, anthropic("api_error", "Internal server error"), "provider_failed"],
  [
    "Anthropic: request",
    400,
    anthropic("invalid_request_error", "messages.1.content.0.thinking: signature invalid"),
    "provider_rejected_request",
  ],
  [
    "Anthropic: overflow",
    400,
    anthropic("invalid_request_error", "prompt is too long: 215000 tokens > 200000 maximum"),
    "caller_context_overflow",
  ],
  [
    "Anthropic: bytes",
    413,
    anthropic("request_too_large", "Request exceeds the maximum size"),
    "provider_request_too_large",
  ],
  [
    "OpenAI: quota",
    429,
    openai(
      "You exceeded your current quota, please check your plan and billing details.",
      "insufficient_quota",
      "insufficient_quota",
    ),
    "provider_out_of_credit",
  ],
  [
    "OpenAI: rate",
    429,
    openai(
      "Rate limit reached for gpt-5 in organization org-1 on tokens per min (TPM)",
      "tokens",
      "rate_limit_exceeded",
    ),
    "provider_rate_limited",
  ],
  [
    "OpenAI: key",
    401,
    openai("Incorrect API key provided: sk-1.", "invalid_request_error", "invalid_api_key"),
    "provider_rejected_credentials",
  ],
  [
    "OpenAI: model",
    404,
    openai(
      "The model `gpt-9` does not exist or you do not have access to it.",
      "invalid_request_error",
      "model_not_found",
    ),
    "provider_model_not_found",
  ],
  [
    "OpenAI: overflow",
    400,
    openai(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
      "invalid_request_error",
      "context_length_exceeded",
    ),
    "caller_context_overflow",
  ],
  [
    "OpenAI: region",
    403,
    openai("Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"),
    "provider_denied_permission",
  ],
  ["OpenAI: slow down", 503, openai("Slow down", "server_error"), "provider_overloaded"],
  [
    "OpenAI: parameter",
    400,
    openai("Unsupported parameter: 'max_tokens'", "invalid_request_error", "unsupported_parameter"),
    "provider_rejected_request",
  ],
  [
    "Groq: more than a minute's tokens",
    413,
    openai(
      "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000",
      "tokens",
      "rate_limit_exceeded",
    ),
    "provider_rate_limited",
  ],
  [
    "Groq: bad tool call",
    400,
    openai("Failed to call a function. Please adjust your prompt.", "invalid_request_error", "tool_use_failed"),
    "provider_failed",
  ],
  [
    "Gemini: given up by the server",
    499,
    JSON.stringify([{ error: { code: 499, message: "The operation was cancelled.", status: "CANCELLED" } }]),
    "provider_failed",
  ],
  ["Bedrock: the model failed", 424, '{"message":"The model returned an error"}', "provider_failed"],
  ["Groq: flex capacity", 498, openai("Flex tier capacity exceeded", "flex"), "provider_overloaded"],
  [
    "DeepSeek: balance",
    402,
    openai("Insufficient Balance", "unknown_error", "invalid_request_error"),
    "provider_out_of_credit",
  ],
  ["DeepSeek: model under 400", 400, openai("Model Not Exist", "invalid_request_error"), "provider_model_not_found"],
  [
    "Gemini: rate limit that speaks of quota",
    429,
    JSON.stringify([
      {
        error: {
          code: 429,
          message: "You exceeded your current quota, please check your plan and billing details.",
          status: "RESOURCE_EXHAUSTED",
        },
      },
    ]),
    "provider_rate_limited",
  ],
  [
    "Gemini: key under 400",
    400,
    JSON.stringify([
      { error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } },
    ]),
    "provider_rejected_credentials",
  ],
  [
    "Gemini: overloaded",
    503,
    JSON.stringify({ error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }),
    "provider_overloaded",
  ],
  [
    "Mistral: model under 400",
    400,
    JSON.stringify({ object: "error", message: "Invalid model: nope", type: "invalid_model", code: "1500" }),
    "provider_model_not_found",
  ],
  [
    "Mistral: rate",
    429,
    JSON.stringify({ object: "error", message: "Requests rate limit exceeded", type: "rate_limited", code: "1300" }),
    "provider_rate_limited",
  ],
  [
    "OpenRouter: model under 400",
    400,
    openai("nope/nope is not a valid model ID", null, 400),
    "provider_model_not_found",
  ],
  ["OpenRouter: moderation", 403, openai("Input flagged by moderation", null, 403), "provider_rejected_request"],
  [
    "OpenRouter: credit",
    402,
    openai("This request requires more credits, or fewer max_tokens.", null, 402),
    "provider_out_of_credit",
  ],
  [
    "xAI: credit under 403",
    403,
    JSON.stringify({ code: "forbidden", error: "Your newly created team doesn't have any credits yet." }),
    "provider_out_of_credit",
  ],
  [
    "xAI: key under 400",
    400,
    JSON.stringify({ code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***." }),
    "provider_rejected_credentials",
  ],
  [
    "Moonshot: balance under 429",
    429,
    openai("Your account is suspended due to insufficient balance", "exceeded_current_quota_error"),
    "provider_out_of_credit",
  ],
  [
    "Moonshot: overloaded under 429",
    429,
    openai("The engine is currently overloaded, please try again later", "engine_overloaded_error"),
    "provider_overloaded",
  ],
  [
    "Z.ai: balance under 429",
    429,
    JSON.stringify({
      error: { code: "1113", message: "Insufficient balance or no resource package. Please recharge." },
    }),
    "provider_out_of_credit",
  ],
  [
    "Alibaba: arrears under 400",
    400,
    openai("Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage"),
    "provider_out_of_credit",
  ],
  [
    "Zhipu: arrears under 429",
    429,
    '{"error":{"code":"1113","message":"您的账户已欠费，请充值后重试。"}}',
    "provider_out_of_credit",
  ],
  ["a relay: used-up credit under 403", 403, '{"code":30001,"msg":"余额不足"}', "provider_out_of_credit"],
  [
    "Fireworks: spending limit under 412",
    412,
    openai("Account x is suspended, possibly due to reaching the monthly spending limit."),
    "provider_out_of_credit",
  ],
  [
    "GitHub Models: rate",
    429,
    openai("Rate limit of 10 per 60s exceeded for UserByModelByMinute.", null, "RateLimitReached"),
    "provider_rate_limited",
  ],
  ["llama.cpp: loading", 503, openai("Loading model", "unavailable_error", 503), "provider_overloaded"],
  [
    "llama.cpp: overflow",
    400,
    JSON.stringify({
      error: {
        code: 400,
        message: "the request exceeds the available context size, try increasing it",
        type: "exceed_context_size_error",
        n_prompt_tokens: 9000,
        n_ctx: 8192,
      },
    }),
    "caller_context_overflow",
  ],
  ["Ollama: model", 404, openai("model 'nope' not found", "not_found_error"), "provider_model_not_found"],
  [
    "vLLM: validation",
    422,
    JSON.stringify({ detail: [{ loc: ["body", "messages"], msg: "Field required" }] }),
    "provider_rejected_request",
  ],
  ["a proxy's page", 502, "<html><head><title>502 Bad Gateway</title></head></html>", "provider_failed"],
  ["Cloudflare: timeout", 524, "<html><title>524: A timeout occurred</title></html>", "provider_timeout"],
  ["request timeout", 408, "", "provider_timeout"],
  ["conflict", 409, "", "provider_failed"],
  ["no such endpoint", 501, "", "router_not_supported"],
  ["a redirect", 300, "", "provider_bad_answer"],
  ["payment required", 402, "", "provider_out_of_credit"],
  ["another method", 405, "", "provider_model_not_found"],
  ["too early", 425, "", "provider_failed"],
  ["a gateway's timeout", 504, "", "provider_timeout"],
  ["Groq: flex capacity without words", 498, "", "provider_overloaded"],
  ["Anthropic: overloaded without words", 529, "", "provider_overloaded"],
  ["a relay: key under 403", 403, openai("API key is invalid"), "provider_rejected_credentials"],
  ["a relay: model by its code under 422", 422, openai("nope", null, "model_not_found"), "provider_model_not_found"],
  ["a relay: model by its words under 422", 422, openai("unknown model"), "provider_model_not_found"],
  ["a relay: bad tool call by its type", 400, openai("nope", "tool_use_failed"), "provider_failed"],
  ["words of overload in a refused request", 400, openai("field `overloaded` is unknown"), "provider_rejected_request"],
  ["words of overload beside no model", 404, openai("no model named overloaded"), "provider_model_not_found"],
  ["MiniMax: balance under 500", 500, anthropic("api_error", "insufficient balance (1008)"), "provider_out_of_credit"],
  ["words of credit in a failure", 500, openai("billing error"), "provider_failed"],
  ["words of size in a rate limit", 429, openai("prompt is too long: 3 tokens > 2 maximum"), "provider_rate_limited"],
  [
    "words of size beside a bad key",
    401,
    openai("prompt is too long: 3 tokens > 2 maximum"),
    "provider_rejected_credentials",
  ],
  ["a teapot", 418, "", "provider_rejected_request"],
];

describe("a provider's error answer", () => {
  for (const [title, status, body, code] of wordings) {
    test(`${title} (${status}) is ${code}`, () => assert.equal(classify(status, body).code, code));
  }
});
