/**
 * A router that is killed under load keeps what it promised: kill -9, then count.
 *
 * Nothing here depends on how fast the machine is: what must be kept is told by the killed process's own turns.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/time/clock.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import type { Ledger } from "../../src/costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";

interface Account {
  /** Rows handed over, each with the turn of the event loop that it was handed over in. */
  readonly appended: ReadonlyMap<string, number>;
  /** The last turn that is over. */
  readonly keptTurn: number;
  /** Rows that the ledger said were written. */
  readonly acknowledged: ReadonlySet<string>;
}

async function runUntilKilled(path: string, run: number, turns: number): Promise<Account> {
  const script = fileURLToPath(new URL("./append-for-ever.ts", import.meta.url));
  const child = spawn(process.execPath, [script, path, String(run)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes(`kept ${turns}\n`)) child.kill("SIGKILL");
  });
  await once(child, "close");
  const appended = new Map<string, number>();
  const acknowledged = new Set<string>();
  let keptTurn = 0;
  for (const line of output.slice(0, output.lastIndexOf("\n")).split("\n")) {
    const [kind, what = "", turn = "0"] = line.split(" ");
    if (kind === "appended") appended.set(what, Number(turn));
    if (kind === "kept") keptTurn = Number(what);
    if (kind === "written") for (const one of what.split(",")) acknowledged.add(one);
  }
  return { appended, acknowledged, keptTurn };
}

async function idsOf(ledger: Ledger): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  let cursor: string | null = null;
  do {
    const page = await ledger.records({}, { limit: 1_000, cursor });
    for (const { record } of page.entries) kept.add(record.id);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return kept;
}

async function checkKept(path: string, accounts: readonly Account[]): Promise<void> {
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  assert.equal(await ledger.flush(), true);
  const kept = await idsOf(ledger);
  for (const { appended, acknowledged, keptTurn } of accounts) {
    const lost = [...appended].filter(([id]) => !kept.has(id));
    assert.deepEqual(
      lost.filter(([id]) => acknowledged.has(id)),
      [],
    );
    assert.deepEqual(
      lost.filter(([, turn]) => turn <= keptTurn),
      [],
      `the event loop has turned ${keptTurn} times`,
    );
  }
  const [sums] = await ledger.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
  assert.equal(sums?.calls, kept.size, "sums and rows agree after every crash");
  await ledger.close();
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("kill -9 under load loses no call but those of the turn of the event loop that it struck in", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const accounts: Account[] = [];
    for (const [run, turns] of [1, 17, 60, 121, 180].entries()) {
      accounts.push(await runUntilKilled(path, run, turns));
    }
    assert.ok(accounts.at(-1)!.acknowledged.size > 100, "the last ones were killed while rows were being written");
    await checkKept(path, accounts);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes("settled")),
      [],
      "the journals of the dead are gone",
    );
  }));

test("kill -9 while the database takes no rows at all loses none either", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    await createSqliteLedger({ path, clock: systemClock, logger: silentLogger }).close();
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const account = await runUntilKilled(path, 0, 100);
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual([...account.acknowledged], []);
    assert.ok(account.appended.size >= 1_000);
    await checkKept(path, [account]);
  }));
