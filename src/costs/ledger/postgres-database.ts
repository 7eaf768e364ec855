/**
 * The database of a ledger in PostgreSQL: connections to its schema, which is migrated before the first use, and what their
 * errors mean.
 */
import { DatabaseError, Pool } from "pg";
import type { PoolClient } from "pg";
import { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/logging.ts";
import type { SqlRow, SqlValue } from "./ledger.ts";
import { migratePostgres } from "./postgres-migrate.ts";

export interface PostgresSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Schema that holds the tables; made where it is missing. Default `ccr`. */
  readonly schema?: string;
  readonly logger: Logger;
}

const timeoutMs = 30_000;

/** Connections to the ledger's schema, which is migrated before the first use. */
export class PostgresDatabase {
  readonly #schema: string;
  readonly #pool: Pool;
  #migrated: Promise<void> | null = null;

  constructor({ url, schema = "ccr", logger }: PostgresSettings) {
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
    try {
      const pool = await this.pool();
      return (await pool.query<SqlRow>(numbered(sql), [...parameters])).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async inTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let failure: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      await client.query("ROLLBACK").catch(() => undefined);
      throw toStoreError(error);
    } finally {
      client.release(failure); // one that failed is not used again
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await (await this.pool()).connect();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/**
 * SQLSTATE classes of a server that cannot work just now: connection (08), resources (53), operator (57), system (58), and
 * one that may only be read.
 */
const away = /^(08|53|57|58|25006)/;

/** GatewayError `dependency_store_unreachable` for all that says that the database cannot be asked; else `error` itself. */
function toStoreError(error: unknown): unknown {
  const isAnswer = error instanceof DatabaseError && !away.test(error.code ?? "");
  if (isAnswer || error instanceof TypeError || error instanceof RangeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GatewayError("dependency_store_unreachable", `PostgreSQL cannot be asked: ${message}`, { cause: error });
}

/** `?` as `$1`, `$2`, …: no SQL of this program has a question mark elsewhere. */
export function numbered(sql: string): string {
  let index = 0;
  return sql.replaceAll("?", () => `$${++index}`);
}

function quoteName(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new RangeError(`not a name for a schema: ${name}`);
  return name;
}
