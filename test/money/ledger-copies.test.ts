/** `ccr ledger backup` and `restore` as operators use them: under load, and after the ledger is gone. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Client } from "pg";
import { systemClock } from "../../src/core/time/clock.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import type { Ledger } from "../../src/costs/ledger/ledger.ts";
import { createPostgresLedger } from "../../src/costs/ledger/postgres/postgres.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { runCli } from "../kit/run-cli.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

async function append(ledger: Ledger, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) ledger.append(createTestRecord({ id: `req_${index}` }));
  await ledger.flush();
}

async function count(ledger: Ledger): Promise<readonly [rows: number, summed: number]> {
  const { entries } = await ledger.records({}, { limit: 1_000 });
  const [sums] = await ledger.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
  return [entries.length, sums?.calls ?? 0];
}

test("a SQLite ledger: copied while it is written, put back after it was lost", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "state", "ledger.sqlite");
  const open = (): Ledger => createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  const ledger = open();
  await append(ledger, 0, 300);
  const writing = append(ledger, 300, 600);
  const made = await runCli(["ledger", "backup", "copy.sqlite"], { folder });
  assert.equal(made.exitCode, 0, made.stderr);
  await writing;
  await append(ledger, 600, 700);
  await ledger.close();
  assert.equal(statSync(join(folder, "copy.sqlite")).mode & 0o077, 0, "only its owner may read it");
  assert.deepEqual(readdirSync(folder).toSorted(), ["copy.sqlite", "state"], "one file is the whole copy");
  const again = await runCli(["ledger", "backup", "copy.sqlite"], { folder });
  assert.deepEqual([again.exitCode, /there already/.test(again.stderr)], [1, true]);

  rmSync(join(folder, "state"), { recursive: true });
  const lost = open();
  await append(lost, 900, 901);
  await lost.close();
  chmodSync(join(folder, "copy.sqlite"), 0o644);
  const restored = await runCli(["ledger", "restore", "copy.sqlite", "--json"], { folder });
  assert.equal(restored.exitCode, 0, restored.stderr);
  const { calls, keptAs } = JSON.parse(restored.stdout) as { readonly calls: number; readonly keptAs: string };
  assert.ok(calls >= 300 && calls <= 600, `${calls} calls`);
  assert.ok(existsSync(keptAs));
  assert.equal(statSync(path).mode & 0o077, 0, "only its owner may read it, however the copy was kept");
  const back = open();
  assert.deepEqual(await count(back), [calls, calls]);
  await append(back, 600, 610);
  assert.deepEqual(await count(back), [calls + 10, calls + 10]);
  await back.close();
});

test("the ledger of the router that runs is copied, wherever its configuration is", async (t) => {
  t.after(() => runCli(["stop"], { folder }));
  const folder = createTemporaryFolder(t);
  const file = join(folder, "elsewhere.yaml");
  writeFileSync(
    file,
    "server: { port: 0 }\nproviders: { openai: { apiKey: k } }\nledger: { sqlitePath: books/all.sqlite }\n",
  );
  assert.equal((await runCli(["start", "--config", file], { folder })).exitCode, 0);
  const made = await runCli(["ledger", "backup", "copy.sqlite"], { folder });
  assert.equal(made.exitCode, 0, made.stderr);
});

const notRoot = process.getuid?.() === 0 ? false : "needs root";

test("a ledger that root puts back belongs to the user as whom the router runs", { skip: notRoot }, async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "state", "ledger.sqlite");
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  await append(ledger, 0, 1);
  await ledger.close();
  await runCli(["ledger", "backup", "copy.sqlite"], { folder });
  chownSync(path, 65_534, 65_534);
  const restored = await runCli(["ledger", "restore", "copy.sqlite"], { folder });
  assert.equal(restored.exitCode, 0, restored.stderr);
  assert.equal(statSync(path).uid, 65_534);
});

test("what was copied is told in words and digits as the costs are", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "state", "ledger.sqlite");
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  await append(ledger, 0, 1);
  assert.match(
    (await runCli(["ledger", "backup", "one"], { folder })).stdout,
    /^copied the ledger \(1 call\) to one$/m,
  );
  await append(ledger, 1, 1_234);
  await ledger.close();
  assert.match((await runCli(["ledger", "backup", "all"], { folder })).stdout, /^copied the ledger \(1,234 calls\)/m);
});

test("a damaged copy, or what is no ledger, is refused before anything is touched", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "state", "ledger.sqlite");
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  await append(ledger, 0, 300);
  await ledger.close();
  assert.equal((await runCli(["ledger", "backup", "copy.sqlite"], { folder })).exitCode, 0);
  truncateSync(join(folder, "copy.sqlite"), 20_000);
  writeFileSync(join(folder, "notes.txt"), "no ledger".repeat(100));
  writeFileSync(join(folder, "empty"), "");
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const other = new DatabaseSync(join(folder, "other.sqlite"));
  other.exec("CREATE TABLE notes (text); PRAGMA user_version = 3");
  other.close();
  const before = readdirSync(folder, { recursive: true });
  for (const [file, reason] of [
    ["copy.sqlite", "is no ledger: .*malformed"],
    ["notes.txt", "is no ledger: file is not a database"],
    ["empty", "is no ledger: it is empty"],
    ["other.sqlite", "is no ledger: no such table: calls"],
    ["nowhere.sqlite", "there is no file"],
    ["state", "is no file"],
    ["pipe", "is no file"],
  ] as const) {
    const { exitCode, stderr } = await runCli(["ledger", "restore", file], { folder });
    assert.equal(exitCode, 1, file);
    assert.match(stderr, new RegExp(`^ccr: .*${reason}.*\\n {5}name a file that .ccr ledger backup. wrote`), file);
    assert.ok(stderr.includes(join(folder, file)), file);
  }
  assert.deepEqual(readdirSync(folder, { recursive: true }), before);
});

test("a ledger that was kept is put back with what its killed router wrote last, even on a machine without a state folder", async (t) => {
  const folder = createTemporaryFolder(t);
  const path = join(folder, "state", "ledger.sqlite");
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  await append(ledger, 0, 30);
  mkdirSync(join(folder, "kept"));
  // As a kill leaves it: what SQLite has not yet moved into the file itself stands beside it.
  for (const part of ["", "-wal"]) copyFileSync(path + part, join(folder, "kept", `ledger.sqlite${part}`));
  await ledger.close();
  rmSync(join(folder, "state"), { recursive: true });
  const { exitCode, stdout, stderr } = await runCli(["ledger", "restore", "kept/ledger.sqlite"], { folder });
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /\(30 calls\)/);
  const back = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  assert.deepEqual(await count(back), [30, 30]);
  await back.close();
});

const url = process.env["CCR_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

async function whyNoPostgres(): Promise<string | false> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  try {
    await client.connect();
    await client.end();
    return false;
  } catch (error) {
    return `no PostgreSQL at ${url}: ${String(error)}`;
  }
}

test("a ledger in PostgreSQL: copied and put back by its own programs", { skip: await whyNoPostgres() }, async (t) => {
  const folder = createTemporaryFolder(t);
  const database = `ccr_copies_${randomUUID().replaceAll("-", "")}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${database}`);
  const own = new URL(url);
  own.pathname = `/${database}`;
  writeFileSync(join(folder, "ccr.yaml"), JSON.stringify({ ledger: { postgres: own.href } }));
  const open = (): Ledger =>
    createPostgresLedger({ url: own.href, spillPath: join(folder, "spill"), clock: systemClock, logger: silentLogger });
  try {
    const ledger = open();
    await append(ledger, 0, 200);
    const made = await runCli(["ledger", "backup", "copy.dump"], { folder });
    assert.equal(made.exitCode, 0, made.stderr);
    assert.equal(statSync(join(folder, "copy.dump")).mode & 0o077, 0, "only its owner may read it");
    assert.equal((await runCli(["ledger", "backup", "copy.dump"], { folder })).exitCode, 1, "it is there already");
    await append(ledger, 200, 250);
    await ledger.close();
    const restored = await runCli(["ledger", "restore", "copy.dump"], { folder });
    assert.equal(restored.exitCode, 0, restored.stderr);
    const back = open();
    assert.deepEqual(await count(back), [200, 200]);
    await append(back, 200, 210);
    assert.deepEqual(await count(back), [210, 210]);
    await back.close();
  } finally {
    await client.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await client.end();
  }
});

test("a copy that PostgreSQL cannot make leaves no file", async (t) => {
  const folder = createTemporaryFolder(t);
  const address = "postgres://ccr@%2Fnowhere/ccr?sslmode=no-verify";
  writeFileSync(join(folder, "ccr.yaml"), JSON.stringify({ ledger: { postgres: address } }));
  const failed = await runCli(["ledger", "backup", "copy.dump"], { folder });
  assert.equal(failed.exitCode, 1);
  assert.match(failed.stderr, /socket "\/nowhere\/|not installed/, "the address is read as the router reads it");
  assert.equal(existsSync(join(folder, "copy.dump")), false);
});
