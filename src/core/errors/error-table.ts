/**
 * Every error that can reach a client, in one table: code, status, shape in each dialect, cause and remedy.
 * docs/errors.md is generated from it. The first word of a code says whose fault it is.
 *
 * Shapes: https://docs.anthropic.com/en/api/errors and https://platform.openai.com/docs/guides/error-codes.
 */

// oxlint-disable max-lines -- one table, which would be no clearer in two

export type Fault = "caller" | "policy" | "provider" | "router" | "dependency";

export interface ErrorEntry {
  readonly status: number;
  /** `error.type` in the Anthropic dialect. */
  readonly anthropicType: string;
  /** `error.type` in the OpenAI dialect; `error.code` there is our own code. */
  readonly openaiType: string;
  /** Whether the same request may succeed at another target. */
  readonly mayFailOver: boolean;
  /** False sends `x-should-retry: false`: Claude Code would retry a hopeless call for minutes. */
  readonly mayClientRetry: boolean;
  readonly cause: string;
  readonly remedy: string;
}

export type ErrorCode =
  | "caller_invalid_request"
  | "caller_context_overflow"
  | "caller_unsupported_content"
  | "caller_authentication_failed"
  | "caller_permission_denied"
  | "caller_host_refused"
  | "caller_not_found"
  | "caller_model_not_found"
  | "caller_method_not_allowed"
  | "caller_request_timeout"
  | "caller_body_too_large"
  | "caller_unsupported_encoding"
  | "caller_headers_too_large"
  | "caller_gone"
  | "policy_rate_limited"
  | "policy_concurrency_limited"
  | "policy_budget_exceeded"
  | "policy_budget_held"
  | "provider_rejected_request"
  | "provider_rejected_credentials"
  | "provider_denied_permission"
  | "provider_request_too_large"
  | "provider_out_of_credit"
  | "provider_model_not_found"
  | "provider_rate_limited"
  | "provider_overloaded"
  | "provider_failed"
  | "provider_unreachable"
  | "provider_timeout"
  | "provider_bad_answer"
  | "provider_cut_answer"
  | "provider_circuit_open"
  | "router_no_target"
  | "router_not_supported"
  | "router_shutting_down"
  | "router_overloaded"
  | "router_failed"
  | "dependency_budget_unreadable"
  | "dependency_cache_unreachable"
  | "dependency_store_unreachable";

export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = {
  caller_invalid_request: entry(
    400,
    "invalid_request_error",
    "invalid_request_error",
    "The request is not well formed.",
    "Mend the field that the message names.",
  ),
  caller_context_overflow: entry(
    400,
    "invalid_request_error",
    "invalid_request_error",
    "The prompt does not fit the model's context.",
    "Shorten the conversation (`/compact`), or configure `routing.scenarios.longContext` or `routing.contextOverflow`.",
  ),
  caller_unsupported_content: entry(
    400,
    "invalid_request_error",
    "invalid_request_error",
    "The request holds content that no target of its plan can take.",
    "Leave it out, or route such calls to a target that can, as a fallback too.",
  ),
  caller_authentication_failed: entry(
    401,
    "authentication_error",
    "authentication_error",
    "The key is missing, unknown, revoked or expired.",
    "Send a valid key as `Authorization: Bearer` or `x-api-key`; `ccr keys list` shows them.",
  ),
  caller_permission_denied: entry(
    403,
    "permission_error",
    "permission_error",
    "The key does not allow this.",
    "Ask the operator to allow it for the key.",
  ),
  caller_host_refused: entry(
    403,
    "permission_error",
    "permission_error",
    "The request names a foreign Host or Origin, or a proxy sends it for another machine. Without keys only local clients are served.",
    "Call the router by 127.0.0.1 or localhost, or configure keys.",
  ),
  caller_not_found: entry(
    404,
    "not_found_error",
    "invalid_request_error",
    "There is nothing at this path.",
    "See docs/architecture.md for the endpoints.",
  ),
  caller_model_not_found: entry(
    404,
    "not_found_error",
    "invalid_request_error",
    "No target serves this model, and unknown models are refused.",
    "Use one of the names in the message, or set `routing.unknownModel: default`.",
  ),
  caller_method_not_allowed: entry(
    405,
    "invalid_request_error",
    "invalid_request_error",
    "The path exists, the method does not.",
    "Use the method that the `allow` header names.",
  ),
  caller_request_timeout: entry(
    408,
    "timeout_error",
    "timeout_error",
    "The request's body did not arrive in time.",
    "Check the client's network; see `server.requestTimeoutMs`.",
  ),
  caller_body_too_large: entry(
    413,
    "request_too_large",
    "invalid_request_error",
    "The body is larger than `server.bodyLimitBytes`, or than what an operator's request may have.",
    "Send less, or raise the limit.",
  ),
  caller_unsupported_encoding: entry(
    415,
    "invalid_request_error",
    "invalid_request_error",
    "The body's content-encoding is none of gzip, br, zstd, deflate.",
    "Send the body as it is, or compressed by one of these.",
  ),
  caller_headers_too_large: entry(
    431,
    "invalid_request_error",
    "invalid_request_error",
    "The request's headers are larger than 16 KiB.",
    "Send fewer or shorter headers.",
  ),
  caller_gone: entry(
    499,
    "api_error",
    "server_error",
    "The client went away before its answer was complete.",
    "Nothing to do: recorded so that the costs are known.",
  ),
  policy_rate_limited: retryable(
    429,
    "rate_limit_error",
    "rate_limit_error",
    "The caller passed one of its limits.",
    "Wait as long as `retry-after` says, or ask for a higher limit.",
  ),
  policy_concurrency_limited: retryable(
    429,
    "rate_limit_error",
    "rate_limit_error",
    "The caller has too many calls in flight.",
    "Wait for one to end, or ask for a higher limit.",
  ),
  policy_budget_exceeded: entry(
    429,
    "billing_error",
    "insufficient_quota",
    "A budget is used up, or what is left of it is too little for the call.",
    "Wait for the reset that the message names, or ask for a higher budget.",
  ),
  policy_budget_held: retryable(
    429,
    "rate_limit_error",
    "rate_limit_error",
    "A budget has room for the call, but other calls under way hold it.",
    "Wait as long as `retry-after` says, ask for less output, or ask for a higher budget.",
  ),
  provider_rejected_request: entry(
    400,
    "invalid_request_error",
    "invalid_request_error",
    "The provider finds the request wrong.",
    "Read the provider's message; docs/translation.md says what is sent.",
  ),
  provider_rejected_credentials: failover(
    502,
    "authentication_error",
    "authentication_error",
    false,
    "The provider refuses the configured credentials (401).",
    "Check the provider's key: `ccr providers check`.",
  ),
  provider_denied_permission: failover(
    502,
    "permission_error",
    "permission_error",
    false,
    "The provider's key may not do this (403).",
    "Check what the provider allows the key to do, or whether it serves your region.",
  ),
  provider_request_too_large: failover(
    413,
    "request_too_large",
    "invalid_request_error",
    false,
    "The provider finds the request too large (413).",
    "Send less, or route such calls to a provider that takes more.",
  ),
  provider_out_of_credit: failover(
    502,
    "api_error",
    "server_error",
    false,
    "The provider's account has no credit left.",
    "Top it up at the provider, or add a second provider.",
  ),
  provider_model_not_found: failover(
    404,
    "not_found_error",
    "invalid_request_error",
    false,
    "The provider does not know the model.",
    "Check the model's name: `ccr models`.",
  ),
  provider_rate_limited: failover(
    429,
    "rate_limit_error",
    "rate_limit_error",
    true,
    "The provider limits the rate of its key.",
    "Wait as long as `retry-after` says; add keys or a fallback target.",
  ),
  provider_overloaded: failover(
    529,
    "overloaded_error",
    "server_error",
    true,
    "The provider is overloaded.",
    "Try again; add a fallback target.",
  ),
  provider_failed: failover(
    502,
    "api_error",
    "server_error",
    true,
    "The provider answered with an error of its own (5xx).",
    "Try again; add a fallback target.",
  ),
  provider_unreachable: failover(
    502,
    "api_error",
    "server_error",
    true,
    "No connection to the provider: refused, reset, unknown name or bad certificate.",
    "`ccr providers check` tells which; check proxy and DNS.",
  ),
  provider_timeout: failover(
    504,
    "timeout_error",
    "server_error",
    true,
    "The provider did not answer in time.",
    "See `timeouts` in docs/config.md; add a fallback target.",
  ),
  provider_bad_answer: failover(
    502,
    "api_error",
    "server_error",
    true,
    "The provider's answer is not what its dialect promises.",
    "Check that the provider's `dialect` and `baseUrl` fit.",
  ),
  provider_cut_answer: failover(
    502,
    "api_error",
    "server_error",
    true,
    "The provider broke off in the middle of its answer.",
    "Try again.",
  ),
  provider_circuit_open: failover(
    503,
    "overloaded_error",
    "server_error",
    true,
    "The circuit breaker keeps calls away from a target that just failed often.",
    "Wait for its next probe, or reset it: `/debug/circuit-breakers`.",
  ),
  router_no_target: entry(
    503,
    "api_error",
    "server_error",
    "No provider is configured that could serve the call.",
    "Set a provider's key, for example ANTHROPIC_API_KEY, or try `ccr demo`.",
  ),
  router_not_supported: entry(
    501,
    "not_supported",
    "invalid_request_error",
    "The router, or the chosen provider, has no such endpoint.",
    "Ask models at `/v1/messages` or `/v1/chat/completions`, or route the call to a provider that has the endpoint.",
  ),
  router_shutting_down: retryable(
    503,
    "api_error",
    "server_error",
    "The router is draining before it stops.",
    "Try again: another instance, or this one after its restart.",
  ),
  router_overloaded: failover(
    529,
    "overloaded_error",
    "server_error",
    true,
    "The router has more calls in flight than `server.maxCalls`, all of a provider's `maxSockets` in use, or no file descriptor left to connect with.",
    "Try again; run more workers or instances; raise `maxSockets` or `ulimit -n`.",
  ),
  router_failed: retryable(
    500,
    "api_error",
    "server_error",
    "A defect in the router.",
    "Report it with the request id; the log holds the details.",
  ),
  dependency_budget_unreadable: entry(
    429,
    "billing_error",
    "insufficient_quota",
    "The budget store cannot be read and `budgets.onStoreFailure` is `closed`.",
    "Bring the store back; see docs/runbooks.",
  ),
  dependency_cache_unreachable: retryable(
    503,
    "api_error",
    "server_error",
    "The answer cache was to be cleared and Redis cannot be asked. Calls never see this.",
    "Bring Redis back, then clear again.",
  ),
  dependency_store_unreachable: retryable(
    503,
    "api_error",
    "server_error",
    "A question about money needs Redis or PostgreSQL, which was asked for three seconds and did not answer. Calls never see this.",
    "Bring the store back; `/health` says which one is away.",
  ),
};

/** Whose fault an error is: the first word of its code. */
export function faultOf(code: ErrorCode): Fault {
  return code.slice(0, code.indexOf("_")) as Fault;
}

function entry(status: number, anthropicType: string, openaiType: string, cause: string, remedy: string): ErrorEntry {
  return { status, anthropicType, openaiType, mayFailOver: false, mayClientRetry: false, cause, remedy };
}

function retryable(
  status: number,
  anthropicType: string,
  openaiType: string,
  cause: string,
  remedy: string,
): ErrorEntry {
  return { status, anthropicType, openaiType, mayFailOver: false, mayClientRetry: true, cause, remedy };
}

function failover(
  status: number,
  anthropicType: string,
  openaiType: string,
  mayClientRetry: boolean,
  cause: string,
  remedy: string,
): ErrorEntry {
  return { status, anthropicType, openaiType, mayFailOver: true, mayClientRetry, cause, remedy };
}
