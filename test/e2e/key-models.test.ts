/** Which models a key opens and a provider is asked for, whatever a request names. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { errorOf, good, keys, post, sha256, startAccessRouter, tolerant } from "./access-router.ts";

describe("with keys", () => {
  test("a key is kept to its models, also by way of the subagent tag", async (t) => {
    const router = await startAccessRouter(t, keys);
    const headers = { "x-api-key": "small-key" };
    assert.equal((await post(router, { ...good, model: "claude-haiku-4-5" }, headers)).status, 200);
    assert.equal((await post(router, good, headers)).status, 403);
    const system = "<CCR-SUBAGENT-MODEL>claude-opus-4-1</CCR-SUBAGENT-MODEL>";
    assert.equal((await post(router, { ...good, model: "claude-haiku-4-5", system }, headers)).status, 403);
  });

  test("a provider that keeps to its list is asked for no other model, whatever leads to it", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic" });
    t.after(() => provider.close());
    const closed = { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "k", restrictModels: true };
    const providers = { closed: { ...closed, models: { "claude-haiku-4-5": {}, "claude-sonnet-4-5": {} } } };
    const wide = { "*": ["closed/*"] };
    for (const settings of [
      { routing: { rules: [{ name: "all", when: {}, to: "closed/*" }] } },
      { routing: { default: "closed/*" } },
      { routing: { scenarios: { subagent: "closed/*", think: "closed/*" }, unknownModel: "reject" } },
      { routing: { default: "closed/claude-haiku-4-5", fallbacks: wide, contextOverflow: "closed/*" } },
      { aliases: { "claude-*": "closed/*", small: "closed/*" }, routing: { unknownModel: "reject" } },
    ]) {
      const router = await startLocalRouter(t, { providers, ...settings });
      for (const model of ["claude-opus-5", "closed/claude-opus-5", "closed,claude-opus-5", "small", "gpt-6-sol"]) {
        await post(router, { ...good, model });
        const system = `<CCR-SUBAGENT-MODEL>${model}</CCR-SUBAGENT-MODEL>`;
        await post(router, { ...good, model, system, thinking: { type: "enabled", budget_tokens: 1024 } });
      }
      assert.equal((await post(router, good)).status, 200);
    }
    const asked = new Set(provider.requests.map(({ body }) => (body as { model: string }).model));
    assert.deepEqual([...asked].toSorted(), ["claude-haiku-4-5", "claude-sonnet-4-5"]);
  });

  test("a second model in the same request is refused: it could carry a call past a key's models", async (t) => {
    const router = await startAccessRouter(t, keys);
    const body = JSON.stringify({ ...good, model: "claude-haiku-4-5" }).replace(
      /}$/,
      ',"mod\\u0065l":"claude-opus-4-1"}',
    );
    const error = await errorOf(await post(router, body, { "x-api-key": "small-key" }));
    assert.equal(error.status, 400);
    assert.match(error.message, /model: given more than once/);
  });

  test("a key is kept to its models also where a request names further ones for the provider to call", async (t) => {
    const router = await startAccessRouter(t, keys, tolerant);
    const small = { ...good, model: "claude-haiku-4-5" };
    const advisor = { type: "advisor_20260301", name: "advisor", model: "claude-opus-5" };
    const addition = { type: "tool_addition", tool: { type: "tool_definition", definition: advisor } };
    const messages = [...good.messages, { role: "system", content: [addition] }];
    const [plain, late] = [JSON.stringify({ ...small, tools: [advisor] }), JSON.stringify({ ...small, messages })];
    const forbidden = [
      plain,
      plain.replace('"model":"claude-o', '"mod\\u0065l":"claude-o'),
      late,
      late.replace("tool_addition", "tool\\u005faddition"),
      JSON.stringify({ ...small, fallbacks: [{ model: "claude-opus-5" }] }),
      JSON.stringify({ ...small, fallbacks: "default" }),
      JSON.stringify({ ...small, models: ["claude-opus-5"] }),
    ];
    for (const body of forbidden) {
      const error = await errorOf(await post(router, body, { "x-api-key": "small-key" }));
      assert.deepEqual([error.status, error.type], [403, "permission_error"], body);
      assert.match(error.message, /may not ask for claude-(opus-5|\*); it may ask for claude-haiku-\*/);
    }
    for (const body of [
      plain.replace('"tools"', '"tools":[],"tools"'),
      plain.replace('"name":"advisor"', '"name":"advisor","max_uses":NaN'),
    ])
      assert.equal((await post(router, body, { "x-api-key": "small-key" })).status, 400);
    const own = { ...small, tools: [{ ...advisor, model: "claude-haiku-4-5" }] };
    const tagged = { ...small, tags: { model: "opus" }, metadata: { model: "opus" } };
    for (const body of [own, tagged])
      assert.equal((await post(router, body, { "x-api-key": "small-key" })).status, 200);
    for (const body of forbidden) assert.equal((await post(router, body, { "x-api-key": "key-of-ana" })).status, 200);
  });

  test("a key's models may be named as the provider's, and a provider of another dialect hears of none", async (t) => {
    const provider = await createSimulatedProvider({ kind: "openai", behaviour: tolerant });
    t.after(() => provider.close());
    const native = { kind: "anthropic", baseUrl: provider.origin, apiKey: "k" };
    const router = await startLocalRouter(t, {
      providers: { other: { kind: "openai", baseUrl: provider.baseUrl, apiKey: "k" }, native },
      routing: {
        rules: [{ name: "all", when: {}, to: "other/gpt-4.1" }],
        fallbacks: { "*": ["native/claude-haiku-4-5"] },
      },
      auth: { keys: [{ hash: sha256("k"), user: "ana", allowedModels: ["other/gpt-4.1*", "claude-haiku-4-5"] }] },
    });
    const chat = { model: "other/gpt-4.1", messages: good.messages };
    const ask = async (body: object, path?: string): Promise<number> =>
      (await post(router, body, { "x-api-key": "k" }, path)).status;
    assert.equal(await ask({ ...chat, models: ["gpt-4.1-mini"] }, "/v1/chat/completions"), 200);
    assert.equal(await ask({ ...chat, models: ["gpt-4.1-mini", "o3"] }, "/v1/chat/completions"), 403);
    assert.equal(await ask({ ...good, model: "claude-haiku-4-5", fallbacks: [{ model: "claude-opus-5" }] }), 200);
  });

  test("a provider that keeps to its list is not asked to call others either", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: tolerant });
    t.after(() => provider.close());
    const shared = { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "k" };
    const listed = { restrictModels: true, models: { "claude-haiku-4-5": {}, "claude-sonnet-4-5": {} } };
    const router = await startLocalRouter(t, {
      providers: { closed: { ...shared, ...listed }, open: shared },
      routing: { fallbacks: { "closed/claude-haiku-4-5": "open/claude-haiku-4-5" } },
    });
    const ask = (model: string, further: string): Promise<Response> =>
      post(router, { ...good, model, fallbacks: [{ model: further }] });
    const error = await errorOf(await ask("closed/claude-sonnet-4-5", "claude-opus-5"));
    assert.deepEqual([error.status, error.type], [404, "not_found_error"]);
    assert.match(error.message, /claude-opus-5 \(provider closed serves listed models only/);
    assert.equal((await ask("closed/claude-sonnet-4-5", "claude-haiku-4-5")).status, 200);
    const answer = await ask("closed/claude-haiku-4-5", "claude-opus-5");
    assert.deepEqual([answer.status, answer.headers.get("x-ccr-provider")], [200, "open"]);
  });
});
