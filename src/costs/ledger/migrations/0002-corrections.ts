/** Corrections of a call's cost, beside the call: repricing never overwrites. */
import type { Migration } from "./migration.ts";

export const migration0002: Migration = ({ sequence }) => [
  `CREATE TABLE corrections (
    seq ${sequence},
    call_id TEXT NOT NULL, at_ms BIGINT NOT NULL, from_nano_usd BIGINT NOT NULL, to_nano_usd BIGINT NOT NULL,
    prices TEXT NOT NULL, reason TEXT NOT NULL
  )`,
  "CREATE INDEX corrections_by_call ON corrections (call_id, seq)",
];
