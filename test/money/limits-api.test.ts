/** Limits on spending that operators set while the router runs: through its API, and in its calls at once. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { adminKey, startMoneyRouter } from "./money-router.ts";

test("spend limits live through the API as Anthropic's own client speaks it, and hold at once", async (t) => {
  const { call, ask, askJson, router, provider } = await startMoneyRouter(t);
  const base = "/v1/organizations/spend_limits";
  assert.equal((await call()).status, 200);
  const set = (body: object): Promise<{ id: string; type: string; currency: string }> =>
    askJson(base, { method: "POST", body: JSON.stringify(body) });
  const organization = await set({ scope: { type: "organization" }, amount: "50000", period: "monthly" });
  assert.match(organization.id, /^spl_/);
  const user = await set({ scope: { type: "user", user_id: "ada" }, amount: "0", period: "daily" });
  const refused = await call();
  assert.equal(refused.status, 429);
  assert.equal(provider.requests.length, 1);
  const client = new Anthropic({ baseURL: router.url, apiKey: adminKey });
  const rows = (await client.beta.organization.spendLimits.effective.list()).data;
  assert.deepEqual(
    rows.map((row) => [row.period, row.amount, row.source.type]),
    [
      ["daily", "0", "user"],
      ["monthly", "50000", "organization"],
    ],
  );
  assert.ok(Number(rows[0]!.period_to_date_spend) > 0);
  assert.equal((await client.beta.organization.spendLimits.retrieve(user.id)).amount, "0");
  assert.equal((await client.beta.organization.spendLimits.delete(user.id)).type, "spend_limit_deleted");
  assert.equal((await call()).status, 200);
  assert.equal((await ask(`${base}/${user.id}`)).status, 404);
  const { data } = await askJson<{ data: { action: string; spend_limit_id: string; actor: string }[] }>(
    `${base}/audit`,
  );
  assert.deepEqual(
    data.map(({ action, spend_limit_id: id }) => [action, id]),
    [
      ["delete", user.id],
      ["create", user.id],
      ["create", organization.id],
    ],
  );
  assert.match(data[0]!.actor, /^admin-key-[0-9a-f]{8}$/);
  assert.equal((await ask(base, { method: "POST", body: '{"amount": 5}' })).status, 400);
});

test("who changes a limit is told by the admin key that let the change in, whatever else is sent", async (t) => {
  const { askJson, router } = await startMoneyRouter(t);
  const base = "/v1/organizations/spend_limits";
  const headers = { "x-api-key": "of somebody else", authorization: `Bearer ${adminKey}` };
  const body = JSON.stringify({ scope: { type: "organization" }, amount: "50000", period: "monthly" });
  assert.equal((await fetch(router.url + base, { method: "POST", headers, body })).status, 200);
  const { data } = await askJson<{ data: { actor: string }[] }>(`${base}/audit`);
  assert.equal(data[0]?.actor, `admin-key-${hash("sha256", adminKey, "hex").slice(0, 8)}`);
});

test("a cap set by /api/budgets stands in for the file's, and removing it brings the file's back", async (t) => {
  const { call, askJson } = await startMoneyRouter(t, {
    budgets: { caps: [{ scope: "team", id: "compilers", daily: 0 }] },
  });
  assert.equal((await call()).status, 429);
  const cap = { scope: "team", id: "compilers", period: "daily", limitUsd: 5 };
  const { capId } = await askJson<{ capId: string }>("/api/budgets", { method: "PUT", body: JSON.stringify(cap) });
  assert.equal((await call()).status, 200);
  await askJson(`/api/budgets/${capId}`, { method: "DELETE" });
  assert.equal((await call()).status, 429);
});
