/**
 * The ledger in PostgreSQL: for several routers that keep one account.
 *
 * While it is away, rows go to a spill file on local disk (and calls go on); when it is back they follow in order,
 * each once, because ids are unique. Sums are kept in the same transaction as the rows.
 */
import { Pool } from "pg";
import type { PoolClient } from "pg";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import { createRecovery, openJournal } from "./journal.ts";
import type { Ledger, LedgerHealth, SqlRow, SqlValue } from "./ledger.ts";
import { migrations, postgresWords } from "./migrations/migration.ts";
import { createLedgerReader } from "./reader.ts";
import { correctCalls, insertCalls, rebuildWeek, removeBefore } from "./postgres-rows.ts";
import { bucketOf, dayMs } from "./rollup.ts";
import { createSpiller } from "./spiller.ts";
import type { Spiller } from "./spiller.ts";
import { createWriteBuffer, defaultWriteBuffer } from "./write-buffer.ts";
import type { WriteBuffer } from "./write-buffer.ts";

export interface PostgresLedgerSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Schema that holds the tables; made where it is missing. Default `ccr`. */
  readonly schema?: string;
  /** Where rows wait while the database is away. */
  readonly spillPath: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const maxSpillBytes = 1024 * 1024 * 1024;
const retryMs = 1_000;
const timeoutMs = 30_000;
/** Any number, the same in every router: only one migrates at a time. */
const migrationLock = 7_261_046;

/** Opens the ledger. A database that is away is no error: it is migrated and caught up with when it is there. */
export function createPostgresLedger(settings: PostgresLedgerSettings): Ledger {
  const { logger, clock } = settings;
  const database = new Database(settings);
  const spiller = createSpiller({
    insert: (records) => database.inTransaction((client) => insertCalls(client, records)),
    path: settings.spillPath,
    maxBytes: maxSpillBytes,
    retryMs,
    clock,
    logger,
  });
  const write = (lines: readonly string[]): Promise<void> =>
    spiller.write(lines.map((line) => JSON.parse(line) as CallRecord));
  const recovery = createRecovery(settings.spillPath, write, logger);
  const buffer = createWriteBuffer(write, clock, logger, defaultWriteBuffer, openJournal(settings.spillPath));
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
    health: () => healthOf(buffer, spiller),
    tables: {
      query: (sql, parameters) => database.query(sql, parameters),
      write: (statements) =>
        database.inTransaction(async (client) => {
          for (const { sql, parameters } of statements) await client.query(numbered(sql), [...parameters]);
        }),
    },
    async close() {
      await recovery.close();
      await buffer.close();
      await spiller.close();
      await database.close();
    },
  };
}

/** Connections to the ledger's schema, which is migrated before the first use. */
class Database {
  readonly #schema: string;
  readonly #pool: Pool;
  #migrated: Promise<void> | null = null;

  constructor({ url, schema = "ccr", logger }: PostgresLedgerSettings) {
    this.#schema = quoteName(schema);
    this.#pool = new Pool({
      connectionString: url,
      max: 4,
      connectionTimeoutMillis: 2_000,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs, // for a server that does not answer at all
      options: `-c search_path=${this.#schema}`,
      application_name: "ccr",
    });
    // A connection that breaks while it is in use says so twice: its query fails, and this event would end the process.
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
    this.#pool.on("error", (error) => logger.warn({ error: error.message }, "a connection to PostgreSQL was lost"));
  }

  /** The connections, when the schema is the newest. */
  async pool(): Promise<Pool> {
    this.#migrated ??= migratePostgres(this.#pool, this.#schema).catch((error: unknown) => {
      this.#migrated = null; // tried again with the next use
      throw error;
    });
    await this.#migrated;
    return this.#pool;
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    const pool = await this.pool();
    return (await pool.query<SqlRow>(numbered(sql), [...parameters])).rows;
  }

  async inTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const pool = await this.pool();
    const client = await pool.connect();
    let failure: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      await client.query("ROLLBACK").catch(() => undefined);
      throw error;
    } finally {
      client.release(failure); // one that failed is not used again
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

function healthOf(buffer: WriteBuffer, spiller: Spiller): LedgerHealth {
  const [buffered, spilled] = [buffer.health(), spiller.health()];
  return {
    ...buffered,
    state: buffered.state === "ok" && spilled.rows === 0 ? "ok" : "degraded",
    spilledRows: spilled.rows,
    failedWrites: buffered.failedWrites + spilled.failedWrites,
    writtenRows: Math.max(0, buffered.writtenRows - spilled.rows),
    lastError: buffered.lastError ?? spilled.lastError,
    sinceMs: buffered.sinceMs ?? spilled.sinceMs,
  };
}

/** Brings the schema to `version` (default: the newest), all steps in one transaction. */
export async function migratePostgres(pool: Pool, schema: string, version: number = migrations.length): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [migrationLock]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.ledger_version (version BIGINT NOT NULL)`);
    const { rows } = await client.query<{ version: string }>(`SELECT version FROM ${schema}.ledger_version`);
    const current = Number(rows[0]?.version ?? 0);
    if (current > migrations.length) {
      throw new Error(
        `the ledger's schema is version ${current}, this program knows ${migrations.length}: use a newer one`,
      );
    }
    for (const migration of migrations.slice(current, version)) {
      for (const statement of migration(postgresWords)) await client.query(statement);
    }
    await client.query(`DELETE FROM ${schema}.ledger_version`);
    await client.query(`INSERT INTO ${schema}.ledger_version VALUES ($1)`, [Math.max(current, version)]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** `?` as `$1`, `$2`, …: no SQL of this program has a question mark elsewhere. */
function numbered(sql: string): string {
  let index = 0;
  return sql.replaceAll("?", () => `$${++index}`);
}

function quoteName(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new RangeError(`not a name for a schema: ${name}`);
  return name;
}
