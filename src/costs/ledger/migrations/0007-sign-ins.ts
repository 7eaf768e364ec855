/** Sign-ins that wait for a person: short-lived, and without anything that could be used. */
import type { Migration } from "./migration.ts";

export const migration0007: Migration = () => [
  `CREATE TABLE sign_ins (
    device_hash TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, seal_key TEXT NOT NULL,
    state TEXT NOT NULL, sealed_key TEXT, started_at_ms BIGINT NOT NULL, expires_at_ms BIGINT NOT NULL,
    asked_at_ms BIGINT NOT NULL
  )`,
];
