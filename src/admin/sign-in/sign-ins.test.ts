import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import type { ManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../costs/ledger/sqlite/sqlite.ts";
import { createSignIns, lifetimeMs, pollEveryMs } from "./sign-ins.ts";
import type { SignIns } from "./sign-ins.ts";

async function start(t: TestContext): Promise<{ signIns: SignIns; ledger: Ledger; clock: ManualClock }> {
  const folder = mkdtempSync(join(tmpdir(), "sign-ins-"));
  const clock = createManualClock(Date.UTC(2026, 10, 28));
  const ledger = createSqliteLedger({ path: join(folder, "ledger.sqlite"), clock, logger: silentLogger });
  t.after(async () => {
    await ledger.close();
    rmSync(folder, { recursive: true });
  });
  await ledger.flush();
  return { signIns: createSignIns(ledger.tables, clock), ledger, clock };
}

test("a client learns the key of whoever typed its code, once", async (t) => {
  const { signIns } = await start(t);
  const { deviceCode, userCode } = await signIns.begin();
  assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "pending" });
  assert.ok(await signIns.decide(userCode.toLowerCase().replace("-", " "), "ccr_secret"));
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "signed-in", key: "ccr_secret" });
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "expired" });
});

test("only the first decision counts", async (t) => {
  const { signIns } = await start(t);
  const { deviceCode, userCode } = await signIns.begin();
  assert.ok(await signIns.decide(userCode, null));
  assert.equal(await signIns.decide(userCode, "ccr_secret"), false);
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "denied" });
});

test("a client that asks too often is told, and one that keeps its interval is not", async (t) => {
  const { signIns, clock } = await start(t);
  const { deviceCode } = await signIns.begin();
  assert.equal((await signIns.ask(deviceCode)).kind, "pending");
  clock.advanceMs(100);
  assert.equal((await signIns.ask(deviceCode)).kind, "too-soon");
  clock.advanceMs(pollEveryMs);
  assert.equal((await signIns.ask(deviceCode)).kind, "pending");
});

test("a sign-in is over after its lifetime, for both sides", async (t) => {
  const { signIns, clock } = await start(t);
  const { deviceCode, userCode } = await signIns.begin();
  clock.advanceMs(30_000);
  assert.equal(await signIns.ageSeconds(userCode), 30);
  clock.advanceMs(lifetimeMs);
  assert.equal(await signIns.ageSeconds(userCode), null);
  assert.equal(await signIns.decide(userCode, "ccr_secret"), false);
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "expired" });
});

test("codes that nobody was given are unknown", async (t) => {
  const { signIns } = await start(t);
  await signIns.begin();
  assert.equal(await signIns.decide("BCDF-GHJK", "ccr_secret"), false);
  assert.deepEqual(await signIns.ask("made up"), { kind: "expired" });
});

test("strangers who begin thousands keep nobody from signing in, and a thousand wait at most", async (t) => {
  const { signIns, ledger, clock } = await start(t);
  const early = await signIns.begin();
  assert.equal((await signIns.ask(early.deviceCode)).kind, "pending");
  clock.advanceMs(1);
  for (let index = 0; index < 700; index++) {
    const { userCode } = await signIns.begin();
    if (index < 100) await signIns.decide(userCode, null);
  }
  clock.advanceMs(1);
  const late = await signIns.begin();
  clock.advanceMs(1);
  for (let index = 0; index < 700; index++) await signIns.begin();
  for (const { deviceCode, userCode } of [early, late]) {
    assert.ok(await signIns.decide(userCode, "ccr_secret"));
    assert.equal((await signIns.ask(deviceCode)).kind, "signed-in");
  }
  const [row] = await ledger.tables.query("SELECT COUNT(*) AS n FROM sign_ins", []);
  assert.equal(Number(row?.["n"]), 1_000 - 2);
});

test("the database holds neither the key nor the client's secret", async (t) => {
  const { signIns, ledger } = await start(t);
  const { deviceCode, userCode } = await signIns.begin();
  await signIns.decide(userCode, "ccr_secret");
  const [row = {}] = await ledger.tables.query("SELECT * FROM sign_ins", []);
  const rows = Object.values(row).map(String).join();
  assert.match(rows, /approved/);
  for (const secret of ["ccr_secret", deviceCode]) assert.ok(!rows.includes(secret));
});
