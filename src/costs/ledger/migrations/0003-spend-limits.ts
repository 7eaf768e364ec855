/** Spend limits set through the admin API, and who changed what when. */
import type { Migration } from "./migration.ts";

export const migration0003: Migration = ({ sequence }) => [
  `CREATE TABLE spend_limits (
    id TEXT PRIMARY KEY, scope_kind TEXT NOT NULL, scope_id TEXT NOT NULL, period TEXT NOT NULL,
    amount_cents BIGINT, created_at_ms BIGINT NOT NULL, updated_at_ms BIGINT NOT NULL,
    UNIQUE (scope_kind, scope_id, period)
  )`,
  `CREATE TABLE spend_limit_audit (
    seq ${sequence},
    at_ms BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, limit_id TEXT NOT NULL,
    scope_kind TEXT NOT NULL, scope_id TEXT NOT NULL, period TEXT NOT NULL,
    from_cents BIGINT, to_cents BIGINT
  )`,
];
