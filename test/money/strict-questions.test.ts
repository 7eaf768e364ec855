/** What nobody knows in a question or a change about limits and alerts is refused by name: the answer would mean something else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { adminKey, startMoneyRouter } from "./money-router.ts";

const limits = "/v1/organizations/spend_limits";

test("a parameter that nobody knows, or one that stands twice, is refused with those that are known", async (t) => {
  const { ask } = await startMoneyRouter(t);
  for (const [path, words] of [
    [`${limits}?scope_type[]=user`, /scope_type\[\]: is not known; known: limit, page/],
    [`${limits}?limit=1&limit=2`, /limit: is given more than once/],
    [`${limits}?limit=0x10`, /limit: from 1 to/],
    [`${limits}/effective?user_ids=ada`, /user_ids: is not known; known: .*user_ids\[\], period\[\]/],
    [`${limits}/audit?user=ada`, /user: is not known; known: limit/],
    ["/api/budgets?user=ada", /user: is not known; known: limit/],
    ["/api/alerts?severity=critical", /severity: is not known; known: state, limit/],
    ["/api/alerts?state=firing&state=all", /state: is given more than once/],
    ["/api/alerts/0123456789abcdef?lmit=1", /lmit: is not known; known: limit/],
  ] as const) {
    const answer = await ask(path);
    assert.equal(answer.status, 400, path);
    assert.match(await answer.text(), words);
  }
});

test("lists may name several, and what Anthropic's own client sends is known", async (t) => {
  const { ask, router } = await startMoneyRouter(t);
  const list = "user_ids[]=ada&user_ids[]=bob&period[]=daily&period[]=weekly&limit=5&page=0&beta=true";
  assert.equal((await ask(`${limits}/effective?${list}`)).status, 200);
  const { spendLimits } = new Anthropic({ baseURL: router.url, apiKey: adminKey }).beta.organization;
  await spendLimits.set({ scope: { type: "user", user_id: "ada" }, amount: "100", period: "daily" });
  await spendLimits.set({ scope: { type: "user", user_id: "bob" }, amount: "200", period: "daily" });
  const ofTwo = await spendLimits.effective.list({ user_ids: ["ada", "bob"], period: ["daily", "weekly"] });
  assert.deepEqual(
    ofTwo.data.map(({ amount }) => amount),
    ["100", "200"],
  );
  assert.equal((await spendLimits.list({ limit: 1 })).data.length, 1);
});

test("a field that nobody knows is refused before it leaves a limit for more than was meant", async (t) => {
  const { ask, askJson } = await startMoneyRouter(t);
  const limit = { amount: "0", period: "daily" };
  for (const [path, body, words] of [
    [
      limits,
      { ...limit, scope: { type: "organization", user_id: "ada" } },
      /scope\.user_id: is not known; known: type/,
    ],
    [
      limits,
      { ...limit, scope: { type: "organization" }, is_enabled: false },
      /is_enabled: is not known; known: scope/,
    ],
    ["/api/alerts/0123456789abcdef/ack", { notes: "looking" }, /notes: is not known; known: note/],
    ["/api/alerts/0123456789abcdef/ack", ["looking"], /the body must be JSON such as/],
    ["/api/feedback", { request_id: "req_1", score: 1, coment: "good" }, /coment: is not known; known: request_id/],
  ] as const) {
    const answer = await ask(path, { method: "POST", body: JSON.stringify(body) });
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(await answer.text(), words);
  }
  assert.deepEqual((await askJson<{ data: unknown[] }>(limits)).data, []);
});

test("a cap is of whole cents: less than one becomes no cap of nothing, and sums with a rest of arithmetic are taken", async (t) => {
  const { ask, askJson } = await startMoneyRouter(t);
  const put = (limitUsd: number) => ({
    method: "PUT",
    body: JSON.stringify({ scope: "user", period: "daily", limitUsd }),
  });
  for (const limitUsd of [1e-9, 1e-8, 0.001, 0.019999999, -1, 9_000_000.01]) {
    const answer = await ask("/api/budgets", put(limitUsd));
    assert.equal(answer.status, 400, String(limitUsd));
    assert.match(await answer.text(), /limitUsd: US dollars in whole cents/);
  }
  for (const [limitUsd, taken] of [
    [0.1 + 0.2, 0.3],
    [0.29, 0.29],
    [0, 0],
    [9_000_000, 9_000_000],
  ] as const)
    assert.equal((await askJson<{ limitUsd: number }>("/api/budgets", put(limitUsd))).limitUsd, taken);
});
