/** The operators' API to money, through the whole router. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, adminKey, startMoneyRouter } from "./money-router.ts";

interface Records {
  readonly records: readonly {
    readonly id: string;
    readonly costUsd: number | null;
    readonly outcome: string;
  }[];
  readonly nextCursor: string | null;
}

const today = new Date().toISOString().slice(0, 10);

test("report, summary and records agree, page by page, and come as CSV too", async (t) => {
  const { call, ask, askJson } = await startMoneyRouter(t);
  for (let index = 0; index < 3; index++) await (await call()).text();
  const all = await waitUntil("three calls are recorded", async () => {
    const { records } = await askJson<Records>("/api/costs/records");
    return records.length === 3 && records;
  });
  const sum = all.reduce((total, { costUsd }) => total + (costUsd ?? 0), 0);
  assert.ok(sum > 0.003);
  const report = await askJson<{ total: { costUsd: number; calls: number }; recommendations: unknown[] }>(
    `/api/costs/report?from=${today}`,
  );
  assert.equal(report.total.calls, 3);
  assert.ok(Math.abs(report.total.costUsd - sum) < 1e-9);
  const summary = await askJson<{ lines: { name: string; costUsd: number }[] }>("/api/costs/summary?by=team&user=ada");
  assert.deepEqual(
    summary.lines.map(({ name }) => name),
    ["compilers"],
  );
  const page = await askJson<Records>("/api/costs/records?limit=2&user=ada");
  const rest = await askJson<Records>(`/api/costs/records?limit=2&user=ada&cursor=${page.nextCursor}`);
  assert.deepEqual(
    [...page.records, ...rest.records].map(({ id }) => id),
    all.map(({ id }) => id),
  );
  assert.equal((await askJson<Records>("/api/costs/records?outcome=aborted")).records.length, 0);
  const csv = await ask("/api/costs/records?format=csv");
  assert.match(csv.headers.get("content-type") ?? "", /^text\/csv/);
  const lines = (await csv.text()).trimEnd().split("\r\n");
  assert.ok(lines.length === 4 && lines[0]!.startsWith("id,time,user,"));
  assert.equal(csv.headers.get("x-next-cursor"), null);
  const firstLines = await ask("/api/costs/records?format=csv&limit=2&user=ada");
  assert.equal(firstLines.headers.get("x-next-cursor"), page.nextCursor);
  assert.match(await (await ask("/api/costs/report?format=csv")).text(), /^breakdown,name,calls,.*\r\ntotal,total,3,/);
  assert.equal((await ask("/api/costs/records?outcome=good")).status, 400);
});

test("Unix seconds and a day without dashes are refused: as milliseconds they would mean all there is", async (t) => {
  const { ask } = await startMoneyRouter(t);
  for (const from of ["1793491200", "20261101"]) {
    for (const path of ["/api/costs/report", "/api/costs/summary", "/api/costs/records"]) {
      const answer = await ask(`${path}?from=${from}`);
      assert.equal(answer.status, 400, path);
      assert.match(await answer.text(), /from: a time as 2026-11-22, .* or in Unix milliseconds \(13 digits\), not /);
    }
    const body = JSON.stringify({ from, to: today, write: true });
    assert.equal((await ask("/api/costs/reprice", { method: "POST", body })).status, 400);
  }
  for (const from of ["0", String(Date.now() - 1000), today]) {
    assert.equal((await ask(`/api/costs/report?from=${from}`)).status, 200, from);
  }
});

test("one session has its report; hours, which no session's sums know, are refused with words", async (t) => {
  const { call, ask, askJson } = await startMoneyRouter(t);
  await (await call({}, { "x-claude-code-session-id": "s-1" })).text();
  await waitUntil(
    "the call is recorded",
    async () => (await askJson<Records>("/api/costs/records")).records.length === 1,
  );
  const report = await askJson<{ total: { calls: number }; bySession: { name: string }[]; byHourOfDay: unknown[] }>(
    "/api/costs/report?session=s-1",
  );
  assert.equal(report.total.calls, 1);
  assert.deepEqual(
    report.bySession.map(({ name }) => name),
    ["s-1"],
  );
  assert.deepEqual(report.byHourOfDay, []);
  for (const by of ["hour", "hourOfDay"]) {
    const answer = await ask(`/api/costs/summary?session=s-1&by=${by}`);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /by: one session's sums are kept by day/);
  }
});

test("without the admin key nothing of it is told", async (t) => {
  const { router } = await startMoneyRouter(t);
  const asked = ["/api/costs/report", "/api/costs/records", "/api/budgets", "/v1/organizations/spend_limits"];
  for (const path of asked) {
    const answer = await fetch(router.url + path, { headers: { "x-api-key": adaKey } });
    assert.equal(answer.status, 401, path);
  }
});

test("history is repriced: a dry run tells, writing corrects, a second time changes nothing; an unknown name is refused", async (t) => {
  const overrides = [{ model: "*", inputUsdPerMillion: 2, outputUsdPerMillion: 10 }];
  const { call, askJson, router, provider } = await startMoneyRouter(t, { prices: { overrides } });
  await (await call()).text();
  await waitUntil(
    "the call is recorded",
    async () => (await askJson<Records>("/api/costs/records")).records.length === 1,
  );
  const reprice = (write: boolean): Promise<{ changedCalls: number; corrections: number; differenceUsd: number }> =>
    askJson("/api/costs/reprice", { method: "POST", body: JSON.stringify({ from: today, to: today, write }) });
  assert.deepEqual((await reprice(true)).changedCalls, 0);
  assert.equal(provider.requests.length, 1);
  const named = (names: object): Promise<Response> => {
    const body = JSON.stringify({ from: "2026-01-01", to: "2026-01-02", ...names });
    return fetch(`${router.url}/api/costs/reprice`, { method: "POST", headers: { "x-api-key": adminKey }, body });
  };
  assert.equal((await named({ provider: "sim" })).status, 200);
  for (const names of [{ provider: "sin" }, { provider: "sim", model: "claude-sonet-5" }]) {
    const answer = await named(names);
    assert.equal(answer.status, 400);
    assert.match(
      await answer.text(),
      /"(provider: sin|model: claude-sonet-5) is unknown .*; did you mean (sim|claude-sonnet-5)\b/,
    );
  }
  assert.equal(
    (await fetch(`${router.url}/api/costs/reprice`, { method: "POST", headers: { "x-api-key": adminKey }, body: "{}" }))
      .status,
    400,
  );
});

test("a change whose body holds something unknown, or no name where one belongs, is refused: it would reach further", async (t) => {
  const { router } = await startMoneyRouter(t);
  const period = { from: today, to: today, write: true };
  const cap = { scope: "user", period: "daily", limitUsd: 0 };
  for (const [method, path, body, words] of [
    ["POST", "/api/costs/reprice", { ...period, modle: "claude-*" }, /modle: is not known/],
    ["POST", "/api/costs/reprice", { ...period, model: 5 }, /model: a name/],
    ["POST", "/api/costs/reprice", { ...period, from: "" }, /from, to: both must be named/],
    ["POST", "/api/costs/reprice", { ...period, provider: "" }, /provider: a name/],
    ["POST", "/api/costs/reprice", { ...period, write: "true" }, /write: true or false/],
    ["PUT", "/api/budgets", { ...cap, user: "ada" }, /user: is not known/],
    ["PUT", "/api/budgets", { ...cap, id: "\ud800" }, /id: a name/],
  ] as const) {
    const headers = { "x-api-key": adminKey };
    const answer = await fetch(router.url + path, { method, headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(await answer.text(), words);
  }
});

test("a model that no list knows is charged, and listed", async (t) => {
  const { call, askJson, provider } = await startMoneyRouter(t, { prices: {}, retries: { attemptsPerTarget: 1 } });
  const usage = { input_tokens: 1_000, output_tokens: 10 };
  const body = JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    content: [],
    stop_reason: "end_turn",
    usage,
  });
  provider.replay({ headers: { "content-type": "application/json" }, body });
  assert.equal((await call({ model: "sim/made-up-9" })).status, 200);
  interface Unknown {
    readonly models: readonly { readonly model: string; readonly chargedInputUsdPerMillion: number }[];
  }
  const models = await waitUntil("it is charged", async () => {
    const { models: found } = await askJson<Unknown>("/api/costs/unknown-models");
    return found.length > 0 ? found : null;
  });
  assert.deepEqual(
    models.map(({ model, chargedInputUsdPerMillion }) => [model, chargedInputUsdPerMillion]),
    [["made-up-9", 10]],
  );
});
