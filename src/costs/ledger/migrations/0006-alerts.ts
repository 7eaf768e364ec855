/** Alerts as Alertmanager tells them: what each is now, and when it began and ended. */
import type { Migration } from "./migration.ts";

export const migration0006: Migration = ({ sequence }) => [
  `CREATE TABLE alerts (
    fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
    labels TEXT NOT NULL, annotations TEXT NOT NULL, source_url TEXT NOT NULL,
    started_at_ms BIGINT NOT NULL, ended_at_ms BIGINT,
    first_told_at_ms BIGINT NOT NULL, last_told_at_ms BIGINT NOT NULL, times_told BIGINT NOT NULL,
    acknowledged_at_ms BIGINT, acknowledged_by TEXT, acknowledged_note TEXT
  )`,
  `CREATE TABLE alert_events (
    seq ${sequence},
    fingerprint TEXT NOT NULL, what TEXT NOT NULL, at_ms BIGINT NOT NULL, actor TEXT NOT NULL, note TEXT NOT NULL,
    UNIQUE (fingerprint, what, at_ms)
  )`,
];
