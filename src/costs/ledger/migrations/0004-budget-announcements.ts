/** Which budget events were told: each once per window, restarts included. */
import type { Migration } from "./migration.ts";

export const migration0004: Migration = () => [
  `CREATE TABLE budget_announcements (
    bucket TEXT NOT NULL, what TEXT NOT NULL, window_end_ms BIGINT NOT NULL, at_ms BIGINT NOT NULL,
    PRIMARY KEY (bucket, what)
  )`,
];
