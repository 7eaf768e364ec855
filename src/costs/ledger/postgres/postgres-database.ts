/**
 * The database of a ledger in PostgreSQL: connections to its schema, which is migrated before the first use, and what their
 * errors mean. While the watch (postgres-watch.ts) knows that it is away, everything fails at once, what was on its way too.
 */
import { Socket } from "node:net";
import { Client, DatabaseError, Pool } from "pg";
import type { PoolClient, PoolConfig } from "pg";
import type { Clock } from "../../../core/time/clock.ts";
import { GatewayError } from "../../../core/errors/errors.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { messageOf } from "../../../core/errors/message-of.ts";
import type { SqlRow, SqlValue } from "../ledger.ts";
import { migratePostgres } from "./postgres-migrate.ts";
import { createPostgresWatch } from "./postgres-watch.ts";
import type { PostgresProbe, PostgresState, PostgresWatch } from "./postgres-watch.ts";

export interface PostgresSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Schema that holds the tables; made where it is missing. Default `ccr`. */
  readonly schema?: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** For one statement: reports over years take their time. */
const timeoutMs = 30_000;
const connectPatienceMs = 2_000;

/** Connections to the ledger's schema, which is migrated before the first use. */
export class PostgresDatabase {
  readonly #schema: string;
  readonly #pool: Pool;
  readonly #sockets = new Set<Socket>();
  readonly #watch: PostgresWatch;
  #migrated: Promise<void> | null = null;
  #isGivenUp = false;

  constructor({ url, schema = "ccr", clock, logger }: PostgresSettings) {
    this.#schema = quoteName(schema);
    this.#pool = new Pool({
      ...connectionOf(url),
      max: 4,
      query_timeout: timeoutMs,
      // Not as parameters of their own: PgBouncer refuses those by name, and can be told to leave `options` out.
      options: `${optionsOf(url)}-c statement_timeout=${timeoutMs} -c search_path=${this.#schema}`,
      stream: () => this.#openSocket(),
    });
    // A connection that breaks while it is in use says so twice: its query fails, and this event would end the process.
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
    this.#pool.on("error", (error) => logger.warn({ error: error.message }, "a connection to PostgreSQL was lost"));
    this.#watch = createPostgresWatch(createProbe(url), clock, (state) => {
      logger.warn({ ...state }, "PostgreSQL is away: it is not asked until it answers again");
      // What waits for an answer hears so now, and later connections may lead to another server.
      this.#cutConnections();
    });
  }

  /** Why rows cannot be written, and since when; null while they can, as far as is known. */
  trouble(): { readonly reason: string; readonly sinceMs: number | null } | null {
    const state = this.#watch.state();
    return state.kind === "up" ? null : { reason: sentenceOf(state), sinceMs: this.#watch.sinceMs() };
  }

  /** The connections, when the schema is the newest. */
  async pool(): Promise<Pool> {
    const state = this.#watch.state();
    if (state.kind === "away") throw new Error(sentenceOf(state));
    if (this.#isGivenUp) throw new Error("the router ends");
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

  /** Nothing is asked from now on, and what waits for an answer fails at once. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#cutConnections();
  }

  close(): Promise<void> {
    this.#watch.close();
    return this.#pool.end();
  }

  async #connect(): Promise<PoolClient> {
    try {
      const state = this.#watch.state();
      if (state.kind === "read-only") throw new Error(sentenceOf(state));
      return await (await this.pool()).connect();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  #openSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    // Who waited for a connection gets one when another is cut, and would wait on.
    if (this.#isGivenUp) setImmediate(() => socket.destroy());
    return socket.once("close", () => this.#sockets.delete(socket));
  }

  #cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** The URL's own `options`: they would stand in place of the pool's, and the tables in whatever schema comes first. */
const optionsParameter = /(?<=[?&])options=([^&#]*)&?/;

/** With a space behind, so that others may follow; of two that say the same the last holds. */
function optionsOf(url: string): string {
  const found = optionsParameter.exec(url)?.[1];
  return found === undefined ? "" : `${decodeURIComponent(found.replaceAll("+", " "))} `;
}

function connectionOf(url: string): PoolConfig {
  const connectionString = url.replace(optionsParameter, "");
  return { connectionString, connectionTimeoutMillis: connectPatienceMs, application_name: "ccr" };
}

function createProbe(url: string): PostgresProbe {
  let socket: Socket | null = null;
  let client: Client | null = null;
  return {
    async isWritable() {
      if (client === null) {
        client = new Client({ ...connectionOf(url), stream: () => (socket = new Socket()) });
        client.on("error", () => undefined); // the next question says so
        await client.connect();
      }
      const { rows } = await client.query<{ transaction_read_only: string }>("SHOW transaction_read_only");
      return rows[0]?.transaction_read_only === "off";
    },
    drop() {
      socket?.destroy(); // a farewell would wait for a server that hangs
      socket = null;
      client = null;
    },
  };
}

function sentenceOf(state: Exclude<PostgresState, { kind: "up" }>): string {
  return state.kind === "read-only" ? "PostgreSQL is read-only" : state.reason;
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
  const message = messageOf(error);
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
