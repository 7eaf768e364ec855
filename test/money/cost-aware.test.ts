/** Cost-aware routing through the whole router. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { explainRoute } from "../../src/app/explain.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, clientOf, moneySettings, startProvider } from "./money-router.ts";

interface Report {
  readonly savings: { readonly routingUsd: number };
}

/** Asks for `m` in one and the same session; the provider that answered. */
async function askInSession(url: string): Promise<string | null> {
  const headers = { "x-api-key": adaKey, "x-claude-code-session-id": "session-1" };
  const messages = [{ role: "user", content: "x".repeat(2_000) }];
  const body = JSON.stringify({ model: "m", max_tokens: 50, messages });
  const answer = await fetch(`${url}/v1/messages`, { method: "POST", headers, body });
  await answer.text();
  assert.equal(answer.status, 200);
  return answer.headers.get("x-ccr-provider");
}

async function startTwo(t: Parameters<typeof startProvider>[0], strategies: object, more: object = {}) {
  const [dear, cheap] = [await startProvider(t), await startProvider(t)];
  const settings = moneySettings(dear, {
    providers: {
      dear: { kind: "anthropic", baseUrl: dear.baseUrl, apiKey: "a" },
      cheap: { kind: "anthropic", baseUrl: cheap.baseUrl, keys: [{ value: "b" }, { value: "c" }] },
    },
    aliases: { m: ["dear/claude-sonnet-4-5", "cheap/claude-sonnet-4-5"] },
    prices: { overrides: [{ provider: "cheap", model: "*", inputUsdPerMillion: 0.3, outputUsdPerMillion: 1.5 }] },
    optimization: { optimizationStrategies: strategies },
    ...more,
  });
  const router = await startLocalRouter(t, settings);
  return { dear, cheap, router, settings, ...clientOf(router.url) };
}

test("with cost-aware routing the cheaper target comes first, says why, and the saving is in the report", async (t) => {
  const { call, askJson, dear } = await startTwo(t, { costAwareRouting: true });
  const answer = await call({ model: "m" });
  await answer.text();
  assert.equal(answer.headers.get("x-ccr-provider"), "cheap");
  assert.match(answer.headers.get("x-ccr-route") ?? "", /^alias; ranked first of 2 .*\(alias m\)$/);
  assert.equal(dear.requests.length, 0);
  await waitUntil("the saving is reported", async () => {
    const { savings } = await askJson<Report>("/api/costs/report");
    return savings.routingUsd > 0;
  });
});

test("`ccr explain` tells the order and the reason that the router's first call has", async (t) => {
  const { router, settings } = await startTwo(t, { costAwareRouting: true });
  const places = { environment: {}, stateFolder: "", folder: "", readFile: () => undefined };
  const parsed = parseConfig(JSON.stringify(settings), places);
  assert.ok(parsed.kind !== "bad");
  const asked = { max_tokens: 50, messages: [{ role: "user", content: "x".repeat(2_000) }] };
  const plan = await explainRoute(parsed.config, {}, { model: "m", body: asked, headers: {} });
  const body = JSON.stringify({ ...asked, model: "m" });
  const headers = { "x-api-key": adaKey };
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", headers, body });
  await answer.text();
  assert.deepEqual(
    plan.targets.map(({ provider }) => provider),
    ["cheap", "dear"],
  );
  assert.equal(answer.headers.get("x-ccr-route"), `${plan.rule}; ${plan.reason}`);
});

test("without it the rules' order holds, and nothing counts as saved", async (t) => {
  const { call, askJson, cheap } = await startTwo(t, {});
  const answer = await call({ model: "m" });
  await answer.text();
  assert.equal(answer.headers.get("x-ccr-provider"), "dear");
  assert.equal(cheap.requests.length, 0);
  await waitUntil("the call is recorded", async () => {
    const { records } = await askJson<{ records: unknown[] }>("/api/costs/records");
    return records.length === 1;
  });
  assert.equal((await askJson<Report>("/api/costs/report")).savings.routingUsd, 0);
});

test("nothing counts as saved over a target that does not serve at the time", async (t) => {
  const [breaker, retries] = [{ failureThreshold: 1, openMs: 60_000 }, { attemptsPerTarget: 1 }];
  const { call, askJson, dear } = await startTwo(t, { costAwareRouting: true }, { breaker, retries });
  dear.behaveNext({ fault: { kind: "status", status: 500 } });
  assert.equal((await call({ model: "dear/claude-sonnet-4-5" })).status, 500);
  const answer = await call({ model: "m" });
  await answer.text();
  assert.equal(answer.headers.get("x-ccr-provider"), "cheap");
  await waitUntil("the calls are recorded", async () => {
    const { records } = await askJson<{ records: unknown[] }>("/api/costs/records");
    return records.length === 2;
  });
  assert.equal((await askJson<Report>("/api/costs/report")).savings.routingUsd, 0);
});

test("a session that is warm stays where it is, though another target's list price is lower", async (t) => {
  const { router } = await startTwo(t, { costAwareRouting: true });
  const first = await askInSession(router.url);
  for (let turn = 0; turn < 3; turn++) assert.equal(await askInSession(router.url), first);
});

for (const [model, third, what] of [
  ["claude-sonnet-4-5", "cheap", "stays with the same model elsewhere"],
  ["claude-haiku-4-5", "dear", "goes back from another model, however cheap"],
] as const) {
  test(`after a fail-over a session ${what}`, async (t) => {
    const aliases = { m: "dear/claude-sonnet-4-5" };
    const routing = { fallbacks: { "dear/claude-sonnet-4-5": `cheap/${model}` } };
    const { dear, cheap, router } = await startTwo(t, { costAwareRouting: true }, { aliases, routing });
    cheap.behave({ fault: { kind: "overloaded" } });
    assert.equal(await askInSession(router.url), "dear");
    cheap.resetBehaviour();
    dear.behaveNext({ fault: { kind: "overloaded" } });
    assert.equal(await askInSession(router.url), "cheap");
    assert.equal(await askInSession(router.url), third);
  });
}

test("the keys of a provider take their turns, whether targets are put in an order of cost or not", async (t) => {
  for (const costAwareRouting of [true, false]) {
    const { call, cheap } = await startTwo(t, { costAwareRouting });
    for (let time = 0; time < 6; time++) await (await call({ model: costAwareRouting ? "m" : "cheap/m" })).text();
    const keys = cheap.requests.map(({ headers }) => headers["x-api-key"]);
    assert.deepEqual(keys.toSorted(), ["b", "b", "b", "c", "c", "c"]);
  }
});

test("a cheaper target that failed is tried again when its breaker lets a call through", async (t) => {
  const breaker = { failureThreshold: 1, openMs: 200 };
  const retries = { attemptsPerTarget: 1 };
  const { call, cheap } = await startTwo(t, { costAwareRouting: true }, { breaker, retries });
  const ask = async (): Promise<string | null> => {
    const answer = await call({ model: "m" });
    await answer.text();
    return answer.headers.get("x-ccr-provider");
  };
  cheap.behave({ fault: { kind: "status", status: 500 } });
  assert.equal(await ask(), "dear");
  cheap.behave({ fault: null });
  await waitUntil("the cheaper target serves again", async () => (await ask()) === "cheap");
});
