/** Brings the ledger's schema in PostgreSQL to the version that this program knows. */
import type { Pool, PoolClient } from "pg";
import { migrations, newerSchemaError, postgresWords } from "../migrations/all-migrations.ts";

/** Any number, the same in every router: only one migrates at a time. */
export const migrationLock = 7_261_046;

/** Brings the schema to `version` (default: the newest), all steps in one transaction. */
export async function migratePostgres(pool: Pool, schema: string, version: number = migrations.length): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [migrationLock]);
    const current = await versionOf(client, schema);
    if (current > migrations.length) throw newerSchemaError(current);
    await requireSchemaFirst(client, schema);
    if (current < version) await advance(client, schema, current, version);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** 0 where there is no ledger yet. Only reads: a standby answers too, and a role without rights to make anything. */
async function versionOf(client: PoolClient, schema: string): Promise<number> {
  const table = `${schema}.ledger_version`;
  const { rows: tables } = await client.query<{ isThere: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS "isThere"`, [
    table,
  ]);
  if (tables[0]?.isThere !== true) return 0;
  const { rows } = await client.query<{ version: string }>(`SELECT version FROM ${table}`);
  return Number(rows[0]?.version ?? 0);
}

async function advance(client: PoolClient, schema: string, from: number, to: number): Promise<void> {
  // Where the schema is there, its owner needs no right to make others.
  const { rows: found } = await client.query("SELECT 1 FROM pg_namespace WHERE quote_ident(nspname) = $1", [schema]);
  if (found.length === 0) await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.ledger_version (version BIGINT NOT NULL)`);
  for (const migration of migrations.slice(from, to)) {
    for (const statement of migration(postgresWords)) await client.query(statement);
  }
  await client.query(`DELETE FROM ${schema}.ledger_version`);
  await client.query(`INSERT INTO ${schema}.ledger_version VALUES ($1)`, [to]);
}

/** A pooler that leaves out what connections ask for would let the tables be made, and looked for, in another schema. */
async function requireSchemaFirst(client: PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ path: string; role: string }>(
    "SELECT current_setting('search_path') AS path, quote_ident(current_user) AS role",
  );
  const { path = "", role } = rows[0] ?? {};
  if (path.split(",")[0] === schema) return;
  throw new Error(
    `tables are looked for in ${path}, not ${schema}: a pooler in between leaves the connection's options out; ` +
      `ALTER ROLE ${role} SET search_path = ${schema}`,
  );
}
