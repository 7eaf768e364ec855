/** A schema of its own in the PostgreSQL of the tests, and a ledger in it. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { systemClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import type { Ledger } from "../ledger.ts";
import { createPostgresLedger } from "./postgres.ts";

export const url: string = process.env["CCR_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

async function whyNotHere(): Promise<string | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    return `no PostgreSQL at ${url} (CCR_TEST_POSTGRES_URL): ${String(error)}`;
  }
}

/** Why these tests cannot run here, or false. */
export const skip: string | false = (await whyNotHere()) ?? false;

interface Place {
  readonly schema: string;
  readonly spillPath: string;
  open(at?: string): Ledger;
  dispose(): Promise<void>;
}

export function createPlace(): Place {
  const schema = `ccr_test_${randomUUID().replaceAll("-", "")}`;
  const folder = mkdtempSync(join(tmpdir(), "spill-"));
  const spillPath = join(folder, "spill.ndjson");
  return {
    schema,
    spillPath,
    open: (at = url) => createPostgresLedger({ url: at, schema, spillPath, clock: systemClock, logger: silentLogger }),
    async dispose() {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs with a schema that is dropped afterwards. */
export async function inPlace(run: (place: Place) => Promise<void>): Promise<void> {
  const place = createPlace();
  try {
    await run(place);
  } finally {
    await place.dispose();
  }
}

/** The calls that the sums count. */
export async function countCalls(ledger: Ledger): Promise<number> {
  const [sums] = await ledger.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
  return sums?.calls ?? 0;
}
