/** Every label that a metric may carry, with its values. */
import { errorTable } from "../../core/errors/error-table.ts";
import { memberScopes } from "../../core/member-scope.ts";
import { stepNames } from "../../core/record.ts";
import { modelsPath } from "../routes.ts";
import { maxLearnedModels } from "../learned-models.ts";
import type { LabelDefinition } from "./metric-definition.ts";

function closed(name: string, values: readonly string[]): LabelDefinition {
  return { name, source: { kind: "closed", values } };
}

function configured(name: string, limit: number, always: readonly string[] = []): LabelDefinition {
  return { name, source: { kind: "configured", limit, always } };
}

/** Statuses that the router sends or relays; others become `4xx` or `5xx`, which `status_code=~"5.."` matches too. */
const statusCodes = [200, 201, 204, 304, 400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 429, 431, 499];
const serverStatusCodes = [500, 501, 502, 503, 504, 529];

export const method: LabelDefinition = closed("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
export const route: LabelDefinition = configured("route", 64, [
  "/v1/messages",
  "/v1/chat/completions",
  "/v1/messages/count_tokens",
  modelsPath,
]);
export const statusCode: LabelDefinition = closed("status_code", [
  ...[...statusCodes, ...serverStatusCodes].map(String),
  "1xx",
  "2xx",
  "3xx",
  "4xx",
  "5xx",
]);
export const provider: LabelDefinition = configured("provider", 128, ["none"]);
export const model: LabelDefinition = {
  name: "model",
  source: {
    kind: "configured",
    limit: 1024,
    always: ["none"],
    learned: `also models that a provider answered with and the price book knows (at most ${maxLearnedModels})`,
  },
};
export const userTier: LabelDefinition = configured("user_tier", 32, ["none", "standard"]);
export const userId: LabelDefinition = { name: "user_id", source: { kind: "busiest" } };
export const cacheStatus: LabelDefinition = closed("cache_status", ["hit", "miss"]);
export const cacheUse: LabelDefinition = closed("cache_status", ["hit", "miss", "joined", "bypass"]);
export const cacheLevel: LabelDefinition = closed("cache_level", ["l1", "l2"]);
export const lookupResult: LabelDefinition = closed("result", ["hit", "miss"]);
export const attemptStatus: LabelDefinition = closed("status", ["success", "error"]);
export const errorType: LabelDefinition = closed("error_type", Object.keys(errorTable));
export const contentType: LabelDefinition = closed("content_type", ["text", "tool_use", "mixed", "empty"]);
export const outcome: LabelDefinition = closed("outcome", ["success", "error", "aborted", "cut"]);
export const tokenKind: LabelDefinition = closed("kind", [
  "uncached_input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "reasoning",
]);
export const memoryType: LabelDefinition = closed("type", [
  "heap_used",
  "heap_total",
  "heap_limit",
  "external",
  "array_buffers",
  "rss",
]);
export const mount: LabelDefinition = { name: "mount", source: { kind: "machine", limit: 16 } };
export const stat: LabelDefinition = closed("stat", ["mean", "p50", "p99", "max"]);
export const gcKind: LabelDefinition = closed("kind", ["major", "minor", "incremental", "weakcb"]);
export const version: LabelDefinition = { name: "version", source: { kind: "machine", limit: 4 } };
export const nodeVersion: LabelDefinition = { name: "node_version", source: { kind: "machine", limit: 4 } };
export const budgetScope: LabelDefinition = closed("scope", memberScopes);
export const budgetEvent: LabelDefinition = closed("event", [
  "budgetThresholdReached",
  "budgetLimitExceeded",
  "budgetOverrunProjected",
]);
export const budgetWindow: LabelDefinition = closed("window", ["daily", "weekly", "monthly"]);
export const dependency: LabelDefinition = closed("dependency", ["redis", "ledger", "budgets", "cache", "telemetry"]);
export const reloadResult: LabelDefinition = closed("result", ["success", "failure"]);
export const breakerState: LabelDefinition = closed("state", ["closed", "open", "half_open"]);
export const toolDecision: LabelDefinition = closed("decision", ["accept", "reject"]);
export const toolResult: LabelDefinition = closed("result", ["success", "failure"]);
export const exportResult: LabelDefinition = closed("result", ["sent", "dropped"]);
export const logLevel: LabelDefinition = closed("level", ["debug", "info", "warn", "error"]);
export const metric: LabelDefinition = { name: "metric", source: { kind: "machine", limit: 64 } };
export const step: LabelDefinition = closed("step", [...stepNames, "attempt"]);
