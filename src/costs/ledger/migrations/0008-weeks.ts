/** Sums by caller, target and week: a month's report over many callers reads a fifth of the rows. */
import type { Migration } from "./migration.ts";

const dimensions = ["caller_user", "team", "tier", "key_id", "asked_model", "provider", "model"];
const measures = [
  "calls",
  "failed_calls",
  "estimated_calls",
  "cached_calls",
  "uncached_input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "reasoning",
  "server_tool_requests",
  "cost_nano_usd",
  "failed_cost_nano_usd",
  "saved_by_answer_cache",
  "saved_by_prompt_cache",
  "saved_by_routing",
  "duration_ms",
  "first_byte_ms",
  "first_byte_calls",
];
const week = "bucket_ms / 604800000 * 604800000";

export const migration0008: Migration = ({ inKeyOrder }) => [
  `CREATE TABLE rollup_week (bucket_ms BIGINT NOT NULL, ${dimensions.map((name) => `${name} TEXT NOT NULL`).join(", ")},
    ${measures.map((name) => `${name} BIGINT NOT NULL`).join(", ")},
    PRIMARY KEY (bucket_ms, ${dimensions.join(", ")})) ${inKeyOrder}`,
  `INSERT INTO rollup_week SELECT ${week}, ${dimensions.join(", ")}, ${measures.map((name) => `SUM(${name})`).join(", ")}
    FROM rollup_day GROUP BY ${week}, ${dimensions.join(", ")}`,
];
