/**
 * The ledger in PostgreSQL: for several routers that keep one account.
 *
 * While it is away, rows go to a spill file on local disk (and calls go on); when it is back they follow in order,
 * each once, because ids are unique. Sums are kept in the same transaction as the rows.
 */
import { dayMs } from "../../../core/time/durations.ts";
import { createRecovery } from "../waiting/journal-recovery.ts";
import { Journal } from "../waiting/journal.ts";
import type { Ledger, LedgerHealth } from "../ledger.ts";
import { numbered, PostgresDatabase } from "./postgres-database.ts";
import type { PostgresSettings } from "./postgres-database.ts";
import { createLedgerReader } from "../reader.ts";
import { correctCalls, insertCalls, rebuildWeek, removeBefore } from "./postgres-rows.ts";
import { bucketOf } from "../rollup.ts";
import { linesOf } from "../waiting/row-block.ts";
import { Spiller } from "../waiting/spiller.ts";
import { WriteBuffer } from "../waiting/write-buffer.ts";

export interface PostgresLedgerSettings extends PostgresSettings {
  /** Where rows wait while the database is away. */
  readonly spillPath: string;
}

const maxSpillBytes = 1024 * 1024 * 1024;
const retryMs = 1_000;
/**
 * A router that ends waits so long for the database, which may answer its watch and yet hold each query up (a lock of another
 * session). Rows that it has not taken by then stand in the spill file, for the next start.
 */
const lastWaitMs = 5_000;

/** Opens the ledger. A database that is away is no error: it is migrated and caught up with when it is there. */
export function createPostgresLedger(settings: PostgresLedgerSettings): Ledger {
  const { logger, clock } = settings;
  const database = new PostgresDatabase(settings);
  const spiller = new Spiller({
    insert: (rows) => database.inTransaction((client) => insertCalls(client, rows)),
    path: settings.spillPath,
    maxBytes: maxSpillBytes,
    retryMs,
    clock,
    logger,
  });
  const recovery = createRecovery(settings.spillPath, (lines) => spiller.write(lines), logger);
  const write = (lines: Uint8Array): Promise<void> => spiller.write([...linesOf(lines)]);
  const buffer = new WriteBuffer({ write, clock, logger, journal: new Journal(settings.spillPath) });
  return {
    ...createLedgerReader((sql, parameters) => database.query(sql, parameters)),
    append: (record) => buffer.append(record),
    flush: async () => (await recovery.run()) && (await buffer.flush()) && spiller.catchUp(),
    correct: (corrections) => database.inTransaction((client) => correctCalls(client, corrections)),
    removeBefore: async (beforeMs) => {
      const cutoffMs = bucketOf(beforeMs, dayMs);
      const removed = await removeBefore(await database.pool(), cutoffMs);
      await database.inTransaction((client) => rebuildWeek(client, cutoffMs));
      return removed;
    },
    health: () => healthOf(buffer, spiller, database.trouble()),
    tables: {
      query: (sql, parameters) => database.query(sql, parameters),
      write: (statements) =>
        database.inTransaction(async (client) => {
          for (const { sql, parameters } of statements) await client.query(numbered(sql), [...parameters]);
        }),
    },
    async close() {
      const giveUp = setTimeout(() => database.giveUp(), lastWaitMs);
      await recovery.close();
      await buffer.close();
      await spiller.close();
      await database.close();
      clearTimeout(giveUp);
    },
  };
}

function healthOf(
  buffer: WriteBuffer,
  spiller: Spiller,
  trouble: ReturnType<PostgresDatabase["trouble"]>,
): LedgerHealth {
  const [buffered, spilled] = [buffer.health(), spiller.health()];
  return {
    ...buffered,
    state: buffered.state === "ok" && spilled.rows === 0 && trouble === null ? "ok" : "degraded",
    spilledRows: spilled.rows,
    failedWrites: buffered.failedWrites + spilled.failedWrites,
    writtenRows: Math.max(0, buffered.writtenRows - spilled.rows),
    lastError: buffered.lastError ?? trouble?.reason ?? spilled.lastError,
    sinceMs: buffered.sinceMs ?? spilled.sinceMs ?? trouble?.sinceMs ?? null,
  };
}
