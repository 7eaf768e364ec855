/** Sums by hour and target alone, for reports over everybody; and a way to one user's hours. */
import type { Migration } from "./migration.ts";

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

export const migration0005: Migration = ({ inKeyOrder }) => [
  `CREATE TABLE rollup_total (bucket_ms BIGINT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    ${measures.map((name) => `${name} BIGINT NOT NULL`).join(", ")}, PRIMARY KEY (bucket_ms, provider, model)) ${inKeyOrder}`,
  `INSERT INTO rollup_total SELECT bucket_ms, provider, model, ${measures.map((name) => `SUM(${name})`).join(", ")}
    FROM rollup_hour GROUP BY bucket_ms, provider, model`,
  "CREATE INDEX rollup_hour_by_user ON rollup_hour (caller_user, bucket_ms)",
];
