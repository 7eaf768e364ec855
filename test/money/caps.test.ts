/** Caps through the whole router: refusal, warning, events, and what stays open at a cap. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { createHmac } from "node:crypto";
import { startLocalRouter } from "../kit/local-router.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { simulate } from "../e2e/provider-pair.ts";
import { adaKey, callAtOnce, clientOf, moneySettings, startMoneyRouter, startProvider } from "./money-router.ts";

const unified = "anthropic-ratelimit-unified";

interface ErrorBody {
  readonly error: { readonly type: string; readonly message: string };
}

interface Budgets {
  readonly budgets: readonly { scope: string; spentUsd: number; heldUsd: number; status: string }[];
  readonly caps: readonly { capId: string }[];
}

test("at the cap a call is refused before any provider is called, exactly as Claude Code expects it", async (t) => {
  const { call, provider } = await startMoneyRouter(t, { budgets: { caps: [{ scope: "user", daily: 0 }] } });
  const answer = await call();
  const reset = new Date().setUTCHours(24, 0, 0, 0) / 1000;
  assert.equal(answer.status, 429);
  const body = (await answer.json()) as ErrorBody;
  assert.equal(body.error.type, "billing_error");
  assert.match(body.error.message, /daily budget of user ada is used up.*resets at .*ask your administrator/);
  const { headers } = answer;
  assert.equal(headers.get("x-should-retry"), "false");
  assert.ok(Math.abs(Number(headers.get("retry-after")) - (reset - Date.now() / 1000)) < 5);
  const sent = [...headers].filter(([name]) => name.startsWith(unified)).sort();
  assert.deepEqual(sent, [
    [`${unified}-overage-disabled-reason`, "org_spend_cap_reached"],
    [`${unified}-overage-period`, "daily"],
    [`${unified}-overage-reset`, String(reset)],
    [`${unified}-overage-surpassed-threshold`, "1"],
    [`${unified}-overage-utilization`, "1"],
    [`${unified}-reset`, String(reset)],
    [`${unified}-status`, "rejected"],
  ]);
  assert.equal(provider.requests.length, 0);
});

test("near the cap the answer warns; at it, counting tokens goes on", async (t) => {
  // A call costs about 1.1 thousandths of a dollar: 100 output tokens at 10 USD per million, and a short prompt.
  const caps = [{ scope: "user", monthly: 0.004 }];
  const { call, router } = await startMoneyRouter(t, { budgets: { caps, mode: "strict" } });
  const first = await call();
  assert.equal(first.headers.get(`${unified}-status`), "allowed");
  assert.equal(first.headers.get(`${unified}-representative-claim`), "overage");
  assert.match(first.headers.get(`${unified}-overage-utilization`) ?? "", /^0\.\d\d$/);
  await first.text();
  let last = first;
  for (let index = 0; index < 4 && last.status === 200; index++) {
    last = await call();
    await last.text();
    if (last.status === 200 && index === 2) assert.equal(last.headers.get(`${unified}-status`), "allowed_warning");
  }
  assert.equal(last.status, 429);
  assert.equal(last.headers.get(`${unified}-overage-period`), "monthly");
  const count = await fetch(`${router.url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "x-api-key": adaKey, "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: "claude-sonnet-4-5", messages: [{ role: "user", content: "How are you?" }] }),
  });
  assert.equal(count.status, 200);
  const usage = await fetch(`${router.url}/api/oauth/usage`, { headers: { "x-api-key": adaKey } });
  assert.equal(usage.headers.get("cache-control"), "no-store");
  const { extra_usage: extra } = (await usage.json()) as { extra_usage: { is_enabled: boolean; utilization: number } };
  assert.ok(extra.is_enabled && extra.utilization >= 75);
});

test("a strict cap holds the output of all answers that are asked for, at the higher of two limits", async (t) => {
  // 100 tokens of output cost a thousandth of a dollar.
  const caps = [{ scope: "user", daily: 0.02 }];
  const provider = await simulate(t, "openai");
  const providers = { sim: { kind: "openai", baseUrl: provider.baseUrl, apiKey: "secret" } };
  const router = await startLocalRouter(t, moneySettings(provider, { providers, budgets: { caps, mode: "strict" } }));
  const ask = async (about: object): Promise<number> => {
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }], ...about });
    const answer = await fetch(`${router.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${adaKey}` },
      body,
    });
    await answer.text();
    return answer.status;
  };
  assert.equal(await ask({ max_tokens: 1, max_completion_tokens: 10_000 }), 429);
  assert.equal(await ask({ max_completion_tokens: 100, n: 30 }), 429);
  assert.equal(await ask({ max_tokens: 100, n: 1e300 }), 429);
  assert.equal(await ask({ max_tokens: 100 }), 200);
});

test("a dearer target behind one that fails is asked only where its cost fits, and no hold is left", async (t) => {
  const [provider, gone] = [await startProvider(t), await startProvider(t)];
  await gone.close();
  const usdPerMillion = (input: number): object => ({ inputUsdPerMillion: input, outputUsdPerMillion: 5 * input });
  const router = await startLocalRouter(
    t,
    moneySettings(provider, {
      providers: {
        own: { kind: "ollama", baseUrl: `${gone.baseUrl}/v1` },
        cheap: { kind: "anthropic", baseUrl: gone.baseUrl, apiKey: "a" },
        sim: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "b" },
      },
      prices: {
        overrides: [
          { provider: "cheap", model: "*", ...usdPerMillion(2) },
          { provider: "sim", model: "*", ...usdPerMillion(20) },
        ],
      },
      routing: { fallbacks: { "*": ["cheap/claude-haiku-4-5", "sim/claude-opus-5"] } },
      breaker: { openMs: 1 },
      // A hundred output tokens cost a cent there, and some input.
      budgets: { mode: "strict", caps: [{ scope: "user", daily: 0.025 }] },
    }),
  );
  const { call, askJson } = clientOf(router.url);
  const statuses: number[] = [];
  let words = "";
  for (let round = 0; round < 4; round++) {
    const answer = await call({ model: "own/llama3" });
    statuses.push(answer.status);
    words = await answer.text();
  }
  assert.deepEqual(statuses, [200, 200, 502, 502]);
  assert.match(words, /sim\/claude-opus-5: policy_budget_exceeded: The daily budget of user ada has no room/);
  const budget = await waitUntil(
    "the ledger tells of the user",
    async () => (await askJson<Budgets>("/api/budgets")).budgets[0] ?? null,
  );
  assert.ok(budget.spentUsd > 0.02 && budget.spentUsd < 0.025, JSON.stringify(budget));
  assert.equal(budget.heldUsd, 0);
});

test("a call for which only other calls hold the room is asked to come again soon, in words that clients heed", async (t) => {
  const { call, router, provider } = await startMoneyRouter(t, {
    budgets: { caps: [{ scope: "user", daily: 0.03 }], mode: "strict" },
  });
  provider.behave({ fault: { kind: "hang" } });
  const leaving = new AbortController();
  const first = fetch(`${router.url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": adaKey },
    body: JSON.stringify({ model: "claude-sonnet-4-5", messages: [{ role: "user", content: "Hi" }], ...big }),
    signal: leaving.signal,
  }).catch(() => null);
  await waitUntil("the first call is at the provider", () => provider.counts().requests === 1);
  const refused = await call(big);
  assert.equal(refused.status, 429);
  const { error } = (await refused.json()) as ErrorBody;
  assert.equal(error.type, "rate_limit_error");
  assert.match(
    error.message,
    /has no room right now: .*held for calls under way.*It may fit when those calls are over/,
  );
  assert.equal(refused.headers.get("retry-after"), "5");
  assert.equal(refused.headers.get("x-should-retry"), null);
  assert.deepEqual(
    [...refused.headers.keys()].filter((name) => name.startsWith(unified)),
    [],
  );
  leaving.abort();
  await first;
  provider.behave({ fault: null });
  await waitUntil("the money is free again", async () => {
    const answer = await call(big);
    await answer.text();
    return answer.status === 200;
  });
});

test("a cap that was lifted for a while counts what was spent meanwhile when it holds again", async (t) => {
  const { call, askJson } = await startMoneyRouter(t, { budgets: { caps: [{ scope: "user", daily: 50 }] } });
  const spend = async (): Promise<void> => void (await (await call()).text());
  await spend();
  const body = JSON.stringify({ scope: "user", period: "daily", limitUsd: null });
  const { capId } = await askJson<{ capId: string }>("/api/budgets", { method: "PUT", body });
  await spend();
  await askJson(`/api/budgets/${capId}`, { method: "DELETE" });
  await spend();
  await waitUntil("the budget has all that the ledger has", async () => {
    const [budget] = (await askJson<Budgets>("/api/budgets")).budgets;
    const { total } = await askJson<{ total: { calls: number; costUsd: number } }>("/api/costs/summary");
    return total.calls === 3 && Math.abs(budget!.spentUsd - total.costUsd) < 1e-9;
  });
});

test("a full budget is told after a restart too, where every call is refused, and no more when its cap is lifted", async (t) => {
  const folder = createTemporaryFolder(t);
  // A call costs about 1.1 thousandths of a dollar; a second one does not fit.
  const settings = {
    budgets: { caps: [{ scope: "all", monthly: 0.0015 }], mode: "strict" },
    ledger: { sqlitePath: join(folder, "ledger.sqlite") },
  };
  const before = await startMoneyRouter(t, settings);
  assert.equal((await before.call()).status, 200);
  await before.router.close();
  const { call, ask, askJson } = await startMoneyRouter(t, settings);
  const told = async (): Promise<readonly string[]> =>
    (await (await ask("/metrics")).text()).split("\n").filter((line) => line.startsWith("ccr_budget_used_ratio{"));
  assert.equal((await call()).status, 429);
  assert.match((await told()).join(), /^ccr_budget_used_ratio\{scope="all",window="monthly"\} 0\.[67]\d*$/);
  const body = JSON.stringify({ scope: "all", period: "monthly", limitUsd: null });
  await askJson("/api/budgets", { method: "PUT", body });
  assert.deepEqual(await told(), ['ccr_budget_used_ratio{scope="all",window="monthly"} 0']);
});

test("200 calls at once against a budget for 50 let through exactly what fits", async (t) => {
  // In strict mode a call holds prompt and output at their dearest; its cost is asked of one call first.
  const { call, askJson, provider } = await startMoneyRouter(t, {
    budgets: { caps: [{ scope: "user", daily: 100 }], mode: "strict" },
  });
  provider.behave({ firstTokenMs: 300 });
  const held = await heldByOneCall(call, askJson);
  const limitUsd = Math.ceil(held * 50 * 100) / 100;
  await askJson("/api/budgets", { method: "PUT", body: JSON.stringify({ scope: "user", period: "daily", limitUsd }) });
  const before = provider.counts().requests;
  const spent = (await askJson<Budgets>("/api/budgets")).budgets.find(({ scope }) => scope === "user")!.spentUsd;
  const room = Math.floor(((limitUsd - spent) * 1e9) / Math.round(held * 1e9));
  const { served } = await callAtOnce(200, provider, () => call(big));
  assert.equal(served, room);
  assert.ok(served >= 45 && served <= 51, String(served));
  assert.equal(provider.counts().requests - before, served);
  await waitUntil("no hold is left", async () =>
    (await askJson<Budgets>("/api/budgets")).budgets.every(({ heldUsd }) => heldUsd === 0),
  );
});

/** About two cents held. */
const big = { max_tokens: 2000 };

async function heldByOneCall(
  call: (about: object) => Promise<Response>,
  askJson: <Answer>(path: string) => Promise<Answer>,
): Promise<number> {
  await (await call(big)).text();
  await waitUntil("the list knows who spends", async () =>
    (await askJson<Budgets>("/api/budgets")).budgets.some(({ scope }) => scope === "user"),
  );
  const pending = call(big);
  const held = await waitUntil("a call holds its money", async () => {
    const { budgets } = await askJson<Budgets>("/api/budgets");
    return budgets.find(({ scope, heldUsd }) => scope === "user" && heldUsd > 0)?.heldUsd;
  });
  await (await pending).text();
  return held;
}

test("events go to the webhook once each, signed", async (t) => {
  const messages: { readonly signature: string; readonly body: string }[] = [];
  const hook = createServer((request, response) => {
    void text(request).then((body) => {
      messages.push({ signature: String(request.headers["x-ccr-signature"]), body });
      response.writeHead(messages.length === 1 ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => void hook.listen(0, "127.0.0.1", resolve));
  t.after(() => void hook.close());
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  const budgets = { caps: [{ scope: "all", daily: 0.0015 }], webhook: { url, secret: "s3cret" } };
  const { call } = await startMoneyRouter(t, {
    budgets,
    optimization: { optimizationStrategies: { budgetEnforcement: false } },
  });
  for (let index = 0; index < 3; index++) assert.equal((await call()).status, 200);
  const all = await waitUntil("all messages came", () => messages.length >= 4 && messages);
  for (const { signature, body } of all) {
    const [, time = "", hex = ""] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(signature) ?? [];
    assert.equal(hex, createHmac("sha256", "s3cret").update(`${time}.${body}`).digest("hex"));
  }
  const told = all.slice(1).map(({ body }) => JSON.parse(body) as { event: string; threshold?: number; id: string });
  assert.deepEqual(told.map(({ event, threshold }) => `${event} ${threshold ?? ""}`).sort(), [
    "budgetLimitExceeded ",
    "budgetThresholdReached 0.75",
    "budgetThresholdReached 0.95",
  ]);
});
