import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createManualClock } from "../../core/clock.ts";
import type { ManualClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logging.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../costs/ledger/sqlite.ts";
import { createSignIns, lifetimeMs, pollEveryMs } from "./sign-ins.ts";
import type { BegunSignIn, SignIns } from "./sign-ins.ts";

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

async function begin(signIns: SignIns): Promise<BegunSignIn> {
  const begun = await signIns.begin();
  assert.ok(begun !== null);
  return begun;
}

test("a client learns the key of whoever typed its code, once", async (t) => {
  const { signIns } = await start(t);
  const { deviceCode, userCode } = await begin(signIns);
  assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "pending" });
  assert.ok(await signIns.decide(userCode.toLowerCase().replace("-", " "), "ccr_secret"));
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "signed-in", key: "ccr_secret" });
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "expired" });
});

test("only the first decision counts", async (t) => {
  const { signIns } = await start(t);
  const { deviceCode, userCode } = await begin(signIns);
  assert.ok(await signIns.decide(userCode, null));
  assert.equal(await signIns.decide(userCode, "ccr_secret"), false);
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "denied" });
});

test("a client that asks too often is told, and one that keeps its interval is not", async (t) => {
  const { signIns, clock } = await start(t);
  const { deviceCode } = await begin(signIns);
  assert.equal((await signIns.ask(deviceCode)).kind, "pending");
  clock.advanceMs(100);
  assert.equal((await signIns.ask(deviceCode)).kind, "too-soon");
  clock.advanceMs(pollEveryMs);
  assert.equal((await signIns.ask(deviceCode)).kind, "pending");
});

test("a sign-in is over after its lifetime, for both sides", async (t) => {
  const { signIns, clock } = await start(t);
  const { deviceCode, userCode } = await begin(signIns);
  clock.advanceMs(30_000);
  assert.equal(await signIns.ageSeconds(userCode), 30);
  clock.advanceMs(lifetimeMs);
  assert.equal(await signIns.ageSeconds(userCode), null);
  assert.equal(await signIns.decide(userCode, "ccr_secret"), false);
  assert.deepEqual(await signIns.ask(deviceCode), { kind: "expired" });
});

test("codes that nobody was given are unknown", async (t) => {
  const { signIns } = await start(t);
  await begin(signIns);
  assert.equal(await signIns.decide("BCDF-GHJK", "ccr_secret"), false);
  assert.deepEqual(await signIns.ask("made up"), { kind: "expired" });
});

test("a thousand wait at most, and those that are over make room", async (t) => {
  const { signIns, clock } = await start(t);
  for (let index = 0; index < 1_000; index++) await begin(signIns);
  assert.equal(await signIns.begin(), null);
  clock.advanceMs(lifetimeMs);
  await begin(signIns);
});

test("the database holds neither the key nor the client's secret", async (t) => {
  const { signIns, ledger } = await start(t);
  const { deviceCode, userCode } = await begin(signIns);
  await signIns.decide(userCode, "ccr_secret");
  const [row = {}] = await ledger.tables.query("SELECT * FROM sign_ins", []);
  const rows = Object.values(row).map(String).join();
  assert.match(rows, /approved/);
  for (const secret of ["ccr_secret", deviceCode]) assert.ok(!rows.includes(secret));
});
