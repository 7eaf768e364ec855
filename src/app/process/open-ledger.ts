/** Opens the ledger that a configuration names: a file of its own, or PostgreSQL, whose client is loaded only then. */
import { dirname, join } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../costs/ledger/sqlite/sqlite.ts";

/** Where call records wait while PostgreSQL is away. Two processes must never share one. */
const routersSpillFile = "ledger-spill.ndjson";

/** A database that is away is no error; a file that cannot be opened is (throws Error). */
export async function openLedger(
  { ledger }: Pick<Config, "ledger">,
  clock: Clock,
  logger: Logger,
  spillFile: string = routersSpillFile,
): Promise<Ledger> {
  const { postgres: url, sqlitePath: path } = ledger;
  if (url === null) return createSqliteLedger({ path, clock, logger });
  const { createPostgresLedger } = await import("../../costs/ledger/postgres/postgres.ts");
  return createPostgresLedger({ url, spillPath: join(dirname(path), spillFile), clock, logger });
}
