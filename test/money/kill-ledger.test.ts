/** A router that is killed under load keeps what it promised: kill -9 at random moments, then count. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logging.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite.ts";

interface Account {
  /** Rows handed over, each with the child's clock. */
  readonly appended: Map<string, number>;
  /** Rows that the ledger said were written. */
  readonly acknowledged: Set<string>;
}

async function runUntilKilled(path: string, run: number, killAfterMs: number): Promise<Account> {
  const script = fileURLToPath(new URL("./append-for-ever.ts", import.meta.url));
  const child = spawn(process.execPath, [script, path, String(run)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  await once(child, "close");
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n");
  const appended = new Map<string, number>();
  const acknowledged = new Set<string>();
  for (const line of lines) {
    const [kind, id = "", at = "0"] = line.split(" ");
    if (kind === "appended") appended.set(id, Number(at));
    if (kind === "written") for (const one of id.split(",")) acknowledged.add(one);
  }
  return { appended, acknowledged };
}

/** A machine that gives the writing thread no turn delays it: on an idle one the 100 ms hold by themselves. */
const starvedMs = 500;

test("kill -9 under load loses no acknowledged call, and of the others only the last 100 ms", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  const path = join(folder, "ledger.sqlite");
  const accounts: Account[] = [];
  for (const [run, killAfterMs] of [150, 377, 900, 1_400].entries()) {
    accounts.push(await runUntilKilled(path, run, killAfterMs));
  }
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  const kept = new Set<string>();
  let cursor: string | null = null;
  do {
    const page = await ledger.records({}, { limit: 1_000, cursor });
    for (const { record } of page.entries) kept.add(record.id);
    cursor = page.nextCursor;
  } while (cursor !== null);
  for (const { appended, acknowledged } of accounts) {
    assert.ok(appended.size > 100, `only ${appended.size} rows: no load`);
    assert.ok(acknowledged.size > 0);
    const lostAcknowledged = [...acknowledged].filter((id) => !kept.has(id));
    assert.deepEqual(lostAcknowledged, []);
    const lastMs = Math.max(...appended.values());
    const lostOld = [...appended].filter(([id, atMs]) => !kept.has(id) && atMs < lastMs - 100 - starvedMs);
    assert.deepEqual(lostOld, []);
  }
  const [sums] = await ledger.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
  assert.equal(sums?.calls, kept.size, "sums and rows agree after every crash");
  await ledger.close();
  rmSync(folder, { recursive: true });
});
