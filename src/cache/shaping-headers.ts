/**
 * Which headers of a request shape its answer, and so belong to the answer's key.
 *
 * What stands behind a provider's address may be another gateway, which lets a header choose the model, the account, a
 * guard or a prompt. So every header that reaches the provider counts but those that are known to change nothing: a
 * name that is missing here costs a hit, one too many could hand a caller an answer to another question.
 */

/** Names in lower case. Those of credentials are the router's own towards the provider, the same for all callers. */
const harmless = new Set([
  "authorization", "x-api-key", "content-type", "accept", "accept-encoding",
  "user-agent", "x-app", "http-referer", "x-title", "x-openrouter-title", "x-openrouter-categories",
  "anthropic-dangerous-direct-browser-access", "cache-control", "pragma", "priority", "date", "dnt", "idempotency-key",
  "request-id", "x-request-id", "x-client-request-id", "x-correlation-id", "correlation-id",
  "traceparent", "tracestate", "baggage", "b3", "sentry-trace", "uber-trace-id", "x-cloud-trace-context", "x-amzn-trace-id",
  "newrelic", "elastic-apm-traceparent", "x-amz-cf-id", "x-appgw-trace-id", "x-arr-log-id",
  "x-azure-ref", "x-azure-clientip", "x-azure-socketip", "x-azure-requestchain", "fly-request-id", "fly-client-ip",
  "x-real-ip", "x-client-ip", "true-client-ip", "x-original-forwarded-for", "x-scheme", "cdn-loop",
  "cf-ray", "cf-connecting-ip", "cf-connecting-ipv6", "cf-ipcountry", "cf-visitor", "cf-worker", "cf-ew-via",
]); // prettier-ignore

/** Of clients and their sessions, browsers, tracers and proxies on the way to the router. */
const harmlessBeginnings = [
  "x-stainless-",
  "x-claude-code-",
  "x-claude-remote-",
  "sec-",
  "x-b3-",
  "x-datadog-",
  "x-envoy-",
];

/** Whether two calls that differ in this header alone may get different answers. */
export function shapesAnswers(name: string): boolean {
  return !harmless.has(name) && !harmlessBeginnings.some((beginning) => name.startsWith(beginning));
}
