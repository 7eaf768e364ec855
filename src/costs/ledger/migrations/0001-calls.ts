/** Calls and their roll-ups. Never edit a migration that was released: add the next one. */
import type { Migration } from "./migration.ts";

const measures = `
  calls BIGINT NOT NULL, failed_calls BIGINT NOT NULL, estimated_calls BIGINT NOT NULL, cached_calls BIGINT NOT NULL,
  uncached_input BIGINT NOT NULL, cache_read BIGINT NOT NULL, cache_write_5m BIGINT NOT NULL,
  cache_write_1h BIGINT NOT NULL, output BIGINT NOT NULL, reasoning BIGINT NOT NULL,
  server_tool_requests BIGINT NOT NULL, cost_nano_usd BIGINT NOT NULL, failed_cost_nano_usd BIGINT NOT NULL,
  saved_by_answer_cache BIGINT NOT NULL, saved_by_prompt_cache BIGINT NOT NULL, saved_by_routing BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL, first_byte_ms BIGINT NOT NULL, first_byte_calls BIGINT NOT NULL`;

const dimensions = `
  caller_user TEXT NOT NULL, team TEXT NOT NULL, tier TEXT NOT NULL, key_id TEXT NOT NULL,
  asked_model TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL`;

const key = "caller_user, team, tier, key_id, asked_model, provider, model";

export const migration0001: Migration = ({ sequence, inKeyOrder }) => [
  `CREATE TABLE calls (
    seq ${sequence},
    id TEXT NOT NULL UNIQUE,
    started_at_ms BIGINT NOT NULL, duration_ms DOUBLE PRECISION NOT NULL, first_byte_ms DOUBLE PRECISION,
    provider_ms DOUBLE PRECISION NOT NULL, endpoint TEXT NOT NULL, dialect TEXT NOT NULL,
    caller_user TEXT NOT NULL, team TEXT, tier TEXT NOT NULL, key_id TEXT NOT NULL, session_id TEXT,
    asked_model TEXT NOT NULL, provider TEXT, model TEXT, answered_model TEXT, rule TEXT,
    attempt_count BIGINT NOT NULL, is_streaming BIGINT NOT NULL, status BIGINT NOT NULL, outcome TEXT NOT NULL,
    error_code TEXT, has_usage BIGINT NOT NULL, uncached_input BIGINT NOT NULL, cache_read BIGINT NOT NULL,
    cache_write_5m BIGINT NOT NULL, cache_write_1h BIGINT NOT NULL, output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL, server_tool_requests BIGINT NOT NULL, is_usage_estimated BIGINT NOT NULL,
    cost_nano_usd BIGINT, saved_by_answer_cache BIGINT, saved_by_prompt_cache BIGINT, saved_by_routing BIGINT,
    cache_status TEXT NOT NULL, request_bytes BIGINT NOT NULL, answer_bytes BIGINT NOT NULL, details TEXT NOT NULL
  )`,
  "CREATE INDEX calls_by_time ON calls (started_at_ms)",
  "CREATE INDEX calls_by_user ON calls (caller_user, started_at_ms)",
  "CREATE INDEX calls_by_session ON calls (session_id, started_at_ms)",
  `CREATE TABLE rollup_hour (bucket_ms BIGINT NOT NULL, ${dimensions}, ${measures},
    PRIMARY KEY (bucket_ms, ${key})) ${inKeyOrder}`,
  `CREATE TABLE rollup_day (bucket_ms BIGINT NOT NULL, ${dimensions}, ${measures},
    PRIMARY KEY (bucket_ms, ${key})) ${inKeyOrder}`,
  `CREATE TABLE rollup_session (bucket_ms BIGINT NOT NULL, session_id TEXT NOT NULL, ${dimensions}, ${measures},
    PRIMARY KEY (bucket_ms, session_id, ${key})) ${inKeyOrder}`,
];
