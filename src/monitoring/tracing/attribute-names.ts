/**
 * Names of span attributes. Those of OpenTelemetry are checked against its package by a test
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/); those of our own begin with `ccr.`.
 */

export const semanticNames = {
  errorType: "error.type",
  httpMethod: "http.request.method",
  httpRoute: "http.route",
  httpStatus: "http.response.status_code",
  userId: "user.id",
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  requestStream: "gen_ai.request.stream",
  responseModel: "gen_ai.response.model",
  finishReasons: "gen_ai.response.finish_reasons",
  firstChunk: "gen_ai.response.time_to_first_chunk",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  cacheWriteTokens: "gen_ai.usage.cache_creation.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  conversationId: "gen_ai.conversation.id",
} as const;

export const ownNames = {
  callId: "ccr.call.id",
  outcome: "ccr.call.outcome",
  cacheStatus: "ccr.cache.status",
  costUsd: "ccr.cost.usd",
  tier: "ccr.caller.tier",
  team: "ccr.caller.team",
  rule: "ccr.plan.rule",
  reason: "ccr.plan.reason",
  targets: "ccr.plan.targets",
  target: "ccr.target",
  credential: "ccr.credential",
  routerMs: "ccr.router.duration_ms",
} as const;

/** `gen_ai.provider.name` for providers that the conventions know under another name than their users do. */
export const wellKnownProviders: Readonly<Record<string, string>> = {
  mistral: "mistral_ai",
  xai: "x_ai",
  gemini: "gcp.gemini",
  google: "gcp.gemini",
  bedrock: "aws.bedrock",
  vertex: "gcp.vertex_ai",
  azure: "azure.ai.openai",
};
