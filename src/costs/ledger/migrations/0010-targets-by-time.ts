/**
 * Whether a call was of a provider or model is seen where calls stand by time: of few among millions, all rows were read. An
 * index for each would cost every call four times as much as these two columns.
 */
import type { Migration } from "./migration.ts";

export const migration0010: Migration = () => [
  "DROP INDEX calls_by_time",
  "CREATE INDEX calls_by_time ON calls (started_at_ms, seq, provider, model)",
];
