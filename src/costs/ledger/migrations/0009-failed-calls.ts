/** A way to the calls that failed: of few among millions, all were read. It costs nothing where a call succeeds. */
import type { Migration } from "./migration.ts";

export const migration0009: Migration = () => [
  "CREATE INDEX calls_failed ON calls (outcome, started_at_ms) WHERE outcome <> 'success'",
];
