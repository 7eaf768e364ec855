/** Databases of a test's own on the PostgreSQL that CCR_TEST_POSTGRES_URL names, or the local one. */
import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { CleansUp } from "./temporary-folder.ts";

const serverUrl = process.env["CCR_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

/** Why tests that need one cannot run here; false where they can. */
export const noPostgres: string | false = await run("SELECT 1").then(
  () => false as const,
  (error: unknown) => `no PostgreSQL at ${serverUrl} (CCR_TEST_POSTGRES_URL): ${String(error)}`,
);

/** An empty database; its address. It is dropped after the test `t`, whoever is still connected. */
export async function createDatabase(t: CleansUp): Promise<string> {
  const name = `ccr_test_${randomUUID().replaceAll("-", "")}`;
  await run(`CREATE DATABASE ${name}`);
  t.after(() => run(`DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function run(sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
