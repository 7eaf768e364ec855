/** Answers from the cache through the whole router: in each dialect and shape, for each scope, by each rule. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { dialects } from "../../src/core/dialect.ts";
import type { Dialect } from "../../src/core/dialect.ts";
import { foldStream } from "../../src/dialects/reshape.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { question, startCacheRouter } from "./cache-router.ts";

/** An answer's text, usage and end, whichever way it was told. A translated message has a new id each time. */
function meaningOf(client: Dialect, isStreaming: boolean, text: string): object {
  const whole = isStreaming ? foldStream(client, Buffer.from(text)).whole : parseJson(text);
  assert.ok(isJsonObject(whole), text);
  const choice = toJsonObject(toJsonArray(whole["choices"])[0]);
  return client === "anthropic-messages"
    ? { content: whole["content"], usage: whole["usage"], end: whole["stop_reason"] }
    : {
        id: whole["id"],
        content: toJsonObject(choice["message"])["content"],
        usage: whole["usage"],
        end: choice["finish_reason"],
      };
}

for (const client of dialects) {
  for (const provider of dialects) {
    test(`an answer of ${provider} is kept once and told to ${client} streamed or whole, as it was asked for`, async (t) => {
      const router = await startCacheRouter(t);
      for (const first of [true, false]) {
        for (const second of [true, false]) {
          const text = `A colour, ${first} ${second}`;
          const asked = router.providers[provider].counts().requests;
          const miss = await router.ask(client, question(client, provider, first, text));
          const hit = await router.ask(client, question(client, provider, second, text));
          assert.deepEqual([miss.status, miss.cache, hit.status, hit.cache], [200, "miss", 200, "hit"]);
          assert.equal(router.providers[provider].counts().requests, asked + 1);
          assert.deepEqual(meaningOf(client, second, hit.text), meaningOf(client, first, miss.text));
          if (first === second && client === provider) assert.equal(hit.text, miss.text);
        }
      }
    });
  }
}

test("a kept stream of data alone is told with its events' names, to who asked first and to who follows", async (t) => {
  const router = await startCacheRouter(t);
  const events = [
    { type: "message_start", message: { id: "m", type: "message", role: "assistant", content: [], model: "m" } },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { input_tokens: 1, output_tokens: 5 } },
    { type: "message_stop" },
  ];
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  router.providers["anthropic-messages"].replay({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body,
  });
  const asked = question("anthropic-messages", "anthropic-messages", true);
  const [miss, hit] = [await router.ask("anthropic-messages", asked), await router.ask("anthropic-messages", asked)];
  assert.deepEqual([miss.cache, hit.cache], ["miss", "hit"]);
  for (const { text } of [miss, hit]) {
    assert.deepEqual(text.match(/(?<=^event: ).*$/gm), ["message_start", "message_delta", "message_stop"]);
  }
});

test("a hit costs nothing, holds nothing, calls nobody, and says what it saved", async (t) => {
  const router = await startCacheRouter(t, { budgets: { caps: [{ scope: "all", daily: 1 }], mode: "strict" } });
  const asked = question("anthropic-messages", "anthropic-messages", true);
  const miss = await router.ask("anthropic-messages", asked);
  const hit = await router.ask("anthropic-messages", asked);
  const [paid, free] = [await router.record(miss.callId), await router.record(hit.callId)];
  assert.ok(paid.cost!.nanoUsd > 0);
  assert.deepEqual([paid.cacheStatus, free.cacheStatus], ["miss", "hit"]);
  assert.deepEqual([free.cost!.nanoUsd, free.savings!.answerCache], [0, paid.cost!.nanoUsd]);
  assert.deepEqual([free.usage, free.stopReason, free.target], [paid.usage, paid.stopReason, paid.target]);
  assert.equal(free.attempts.length, 0);
  assert.equal(hit.headers["age"], "0");
  assert.equal(hit.headers["anthropic-ratelimit-unified-status"], undefined);
  const metrics = await (await fetch(`${router.url}/metrics`)).text();
  assert.match(metrics, /ccr_cache_answers_total\{cache_status="hit"\} 1/);
  assert.match(metrics, /ccr_cache_hit_ratio\{cache_level="l1"\} 0\.5/);
  assert.match(metrics, /ccr_budget_open_holds 0/);
  const stats = await router.stats();
  assert.equal(stats.savedUsd, paid.cost!.nanoUsd / 1e9);
  assert.equal(stats.hitRatio, 0.5);
});

test("nobody gets the answer of another user, team or scope", async (t) => {
  for (const [scope, expected] of [
    ["user", ["miss", "miss", "miss", "hit"]],
    ["team", ["miss", "hit", "miss", "hit"]],
    ["all", ["miss", "hit", "hit", "hit"]],
  ] as const) {
    const { keys, keyOf } = await keysFor(["ana red", "ben red", "cem blue"]);
    const router = await startCacheRouter(t, { cache: { scope }, auth: { keys } });
    const outcomes: (string | undefined)[] = [];
    for (const user of ["ana", "ben", "cem", "ana"]) {
      const asked = question("openai-chat", "openai-chat", false);
      outcomes.push((await router.ask("openai-chat", asked, { "x-api-key": keyOf(user) })).cache);
    }
    assert.deepEqual(outcomes, expected, scope);
  }
});

async function keysFor(names: readonly string[]): Promise<{ keys: object[]; keyOf: (user: string) => string }> {
  const keyOf = (user: string): string => `secret-${user}`;
  const { hash } = await import("node:crypto");
  const keys = names.map((name) => {
    const [user = "", team = ""] = name.split(" ");
    return { hash: hash("sha256", keyOf(user), "hex"), user, team };
  });
  return { keys, keyOf };
}

test("a step of a coding session is never answered from the cache", async (t) => {
  const router = await startCacheRouter(t);
  const plain = question("anthropic-messages", "anthropic-messages", false) as JsonObject;
  const tool = { name: "Bash", description: "runs", input_schema: { type: "object", properties: {} } };
  const turns = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "Go on" },
  ];
  const image = [{ type: "image", source: { type: "url", url: "https://example.com/a.png" } }];
  for (const change of [
    { tools: [tool] },
    { messages: turns },
    { temperature: 0.7 },
    { messages: [{ role: "user", content: image }] },
  ]) {
    for (const _ of [1, 2]) {
      const { status, cache } = await router.ask("anthropic-messages", { ...plain, ...change });
      assert.deepEqual([status, cache], [200, "bypass"], JSON.stringify(change));
    }
  }
  const { l1 } = await router.stats();
  assert.deepEqual([l1.entries, l1.hits, l1.misses], [0, 0, 0]);
});

test("rules of the configuration decide by model, caller, route and target, before what is safe by default", async (t) => {
  const rules = [
    { when: { header: { "x-app": "batch" } }, cache: true, ttlMs: 60_000 },
    { when: { model: "*sonnet*" }, cache: false },
    { route: "nightly", target: "acme/*", cache: true },
  ];
  const routing = { rules: [{ name: "nightly", when: { model: "acme/*" }, to: "acme/gpt-4.1-mini" }] };
  const router = await startCacheRouter(t, { cache: { rules }, routing });
  const withTools = { tools: [{ type: "function", function: { name: "run", parameters: { type: "object" } } }] };
  const ask = async (provider: Dialect, headers: Readonly<Record<string, string>>): Promise<(string | undefined)[]> => {
    const client = provider;
    const asked = { ...question(client, provider, false), ...(provider === "openai-chat" ? withTools : {}) };
    const first = await router.ask(client, asked, headers);
    const second = await router.ask(client, asked, headers);
    return [first.cache, second.cache];
  };
  assert.deepEqual(await ask("anthropic-messages", {}), ["bypass", "bypass"]);
  assert.deepEqual(await ask("anthropic-messages", { "x-app": "batch" }), ["miss", "hit"]);
  assert.deepEqual(await ask("openai-chat", {}), ["miss", "hit"]);
});

test("a caller's own headers ask for less, and for its own call for more", async (t) => {
  const router = await startCacheRouter(t);
  const asked = question("openai-chat", "openai-chat", true);
  const ask = async (headers: Readonly<Record<string, string>>, body: object = asked): Promise<string | undefined> =>
    (await router.ask("openai-chat", body, headers)).cache;
  assert.equal(await ask({ "cache-control": "no-store" }), "bypass");
  assert.equal(await ask({}), "miss");
  assert.equal(await ask({ "cache-control": "max-age=60" }), "hit");
  assert.equal(await ask({ "cache-control": "max-age=0" }), "miss");
  assert.equal(await ask({ "x-ccr-cache": "off" }), "bypass");
  const asksBefore = router.providers["openai-chat"].counts().requests;
  assert.equal(await ask({ "cache-control": "no-cache" }), "bypass");
  assert.equal(router.providers["openai-chat"].counts().requests, asksBefore + 1);
  assert.equal(await ask({}), "hit");
  const warm = { ...asked, temperature: 0.9 };
  assert.deepEqual(
    [await ask({ "x-ccr-cache": "on" }, warm), await ask({ "x-ccr-cache": "on" }, warm)],
    ["miss", "hit"],
  );
});

test("only complete answers with success are kept", async (t) => {
  const breaker = { failureThreshold: 100, failureRatio: 1 };
  const router = await startCacheRouter(t, { retries: { attemptsPerTarget: 1 }, breaker, timeouts: undefined });
  const provider = router.providers["anthropic-messages"];
  for (const fault of [
    { kind: "status", status: 400 },
    { kind: "overloaded" },
    { kind: "cut", afterFrames: 5 },
    { kind: "early-end", afterFrames: 5 },
    { kind: "error-event", afterFrames: 5, status: 529 },
  ] as const) {
    for (const isStreaming of [true, false]) {
      provider.behaveNext({ fault });
      const { cache } = await router.ask(
        "anthropic-messages",
        question("anthropic-messages", "anthropic-messages", isStreaming),
      );
      assert.equal(cache, "miss", JSON.stringify(fault));
    }
  }
  const refused = question("anthropic-messages", "anthropic-messages", true, "[[refuse]]");
  const { text } = await router.ask("anthropic-messages", refused);
  assert.match(text, /"stop_reason":"refusal"/);
  assert.equal((await router.stats()).l1.entries, 0);
});

test("a client with its own login at the provider gets nobody's answer but the provider's", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const providers = { theirs: { kind: "anthropic", baseUrl: provider.baseUrl, credentials: "passthrough" } };
  const router = await startCacheRouter(t, { providers, cache: { scope: "all" } });
  for (const login of ["one", "two", "two"]) {
    const asked = question("anthropic-messages", "anthropic-messages", true);
    const { cache } = await router.ask("anthropic-messages", asked, { authorization: `Bearer ${login}` });
    assert.equal(cache, "bypass");
  }
  assert.equal(provider.counts().requests, 3);
});

test("the attribution block, session and user ids do not part identical calls; the provider still gets them", async (t) => {
  const router = await startCacheRouter(t);
  const ask = (session: string) => {
    const block = { type: "text", text: `x-anthropic-billing-header: cc_version=2.1; cch=${session};` };
    return router.ask(
      "anthropic-messages",
      {
        ...question("anthropic-messages", "anthropic-messages", false),
        system: [block, { type: "text", text: "Be short." }],
        metadata: { user_id: JSON.stringify({ session_id: session }) },
      },
      { "x-claude-code-session-id": session, "anthropic-beta": "b,a" },
    );
  };
  const first = await ask("one");
  const second = await ask("two");
  assert.deepEqual([first.cache, second.cache], ["miss", "hit"]);
  assert.match(router.providers["anthropic-messages"].requests[0]!.bodyText, /cch=one/);
});

test("counts of tokens are cached: the provider's, and the router's own estimate", async (t) => {
  const router = await startCacheRouter(t);
  for (const [model, isEstimate] of [
    ["theirs/claude-sonnet-4-5", undefined],
    ["acme/gpt-4.1-mini", "true"],
  ] as const) {
    const body = { model, messages: [{ role: "user", content: "Hi" }], tools: [] };
    const ask = () => fetch(`${router.url}/v1/messages/count_tokens`, { method: "POST", body: JSON.stringify(body) });
    const [miss, hit] = [await ask(), await ask()];
    assert.deepEqual([miss.headers.get("x-ccr-cache"), hit.headers.get("x-ccr-cache")], ["miss", "hit"]);
    assert.deepEqual(
      [miss.headers.get("x-ccr-estimated") ?? undefined, hit.headers.get("x-ccr-estimated") ?? undefined],
      [isEstimate, isEstimate],
    );
    const counted = (await miss.json()) as { input_tokens: number };
    assert.ok(counted.input_tokens > 0);
    assert.deepEqual(await hit.json(), counted);
  }
});

test("a paced stream comes as the original came", async (t) => {
  const router = await startCacheRouter(t, { cache: { paced: true } });
  router.providers["anthropic-messages"].behave({ tokensPerSecond: 100, answerTokens: 30 });
  const asked = question("anthropic-messages", "anthropic-messages", true);
  const spanOf = async (): Promise<{ span: number; text: string; cache: string }> => {
    const stream = await router.open("anthropic-messages", asked);
    await stream.ended;
    const [first, last] = [stream.events[0]!, stream.events.at(-1)!];
    return { span: last.atMs - first.atMs, text: stream.text(), cache: String(stream.headers["x-ccr-cache"]) };
  };
  const original = await spanOf();
  const replayed = await spanOf();
  assert.deepEqual([original.cache, replayed.cache], ["miss", "hit"]);
  assert.equal(replayed.text, original.text);
  assert.ok(replayed.span > original.span / 2, `${replayed.span} ms, the original took ${original.span} ms`);
});

test("while the cache is off nothing is said of it", async (t) => {
  const router = await startCacheRouter(t, { cache: { enabled: false } });
  const answer = await router.ask("openai-chat", question("openai-chat", "openai-chat", true));
  assert.deepEqual([answer.status, answer.cache, answer.headers["age"]], [200, undefined, undefined]);
  assert.equal((await router.record(answer.callId)).cacheStatus, "bypass");
});
