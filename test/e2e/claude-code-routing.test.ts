/** Where Claude Code's calls go: its own requests, as recorded, through the router by scenarios, names and sessions. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { toJsonArray, toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { textOrJson } from "../../src/simulation/text-or-json.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import type { SseStream } from "../kit/sse-client.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { checkEvents, playSession } from "./claude-code-stand-in/play-session.ts";
import {
  clientHeaders,
  countRequests,
  messagesRequest,
  openingMessages,
} from "./claude-code-stand-in/recorded-requests.ts";
import type { ClientIdentity } from "./claude-code-stand-in/recorded-requests.ts";

interface Setup {
  readonly simulated: SimulatedProviders;
  readonly router: LocalRouter;
}

async function start(t: CleansUp, settings: object = {}): Promise<Setup> {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const { providers } = simulated.configuration;
  return { simulated, router: await startLocalRouter(t, { providers: { ...providers }, ...settings }) };
}

const newIdentity = (): ClientIdentity => ({ sessionId: randomUUID(), apiKey: "sk-ant-stand-in" });

/** One call of the client, changed; its answer, read to its end and checked as the client does. */
async function call(
  { router }: Setup,
  change: JsonObject = {},
  identity: ClientIdentity = newIdentity(),
): Promise<SseStream> {
  const body = { ...messagesRequest(identity, "claude-opus-5-5", openingMessages("Hi")), ...change };
  const headers = { ...clientHeaders(identity), "accept-encoding": "identity" };
  const stream = await openStream(`${router.url}/v1/messages?beta=true`, body, headers);
  assert.equal(await stream.ended, "whole");
  assert.equal(stream.status, 200, stream.text());
  assert.equal(checkEvents(stream.events), null);
  return stream;
}

const servedBy = ({ headers }: SseStream): string => [headers["x-ccr-provider"], headers["x-ccr-model"]].join("/");

/** A picture of one pixel. */
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("scenarios", () => {
  const routing = {
    scenarios: {
      background: "groq/openai/gpt-oss-20b",
      think: "openai/gpt-5-mini",
      longContext: { thresholdTokens: 60_000, to: "openai/gpt-4.1" },
      webSearch: "anthropic/claude-sonnet-4-5",
      image: "openai/gpt-4o",
      subagent: "deepseek/deepseek-v4-flash",
    },
  };
  const searching: JsonObject = { tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 8 }] };
  const image: JsonObject = { type: "image", source: { type: "base64", media_type: "image/png", data: png } };
  const large: JsonObject = {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: png.replace("==", "A".repeat(600_000)) },
  };
  const subagent = { ...newIdentity(), agentId: "agent-1" };
  const hard: JsonObject = { output_config: { effort: "high" } };
  const long: JsonObject = { messages: [{ role: "user", content: "A long story. ".repeat(25_000) }] };
  const cases: readonly [what: string, change: JsonObject, identity: ClientIdentity, rule: string, target: string][] = [
    ["an ordinary call", {}, newIdentity(), "listed", "anthropic/claude-opus-5-5"],
    ["a call for a small model", { model: "claude-haiku-4-5" }, newIdentity(), "background", "groq/openai/gpt-oss-20b"],
    ["a call that asks to think hard", hard, newIdentity(), "think", "openai/gpt-5-mini"],
    ["a long prompt", long, newIdentity(), "longContext", "openai/gpt-4.1"],
    ["a call with web search", searching, newIdentity(), "webSearch", "anthropic/claude-sonnet-4-5"],
    [
      "a call with an image",
      { messages: [{ role: "user", content: [image, { type: "text", text: "What is it?" }] }] },
      newIdentity(),
      "image",
      "openai/gpt-4o",
    ],
    [
      "a call with a large image, which is no long prompt,",
      { messages: [{ role: "user", content: [large, { type: "text", text: "What is it?" }] }] },
      newIdentity(),
      "image",
      "openai/gpt-4o",
    ],
    ["a subagent's call", {}, subagent, "subagent", "deepseek/deepseek-v4-flash"],
    [
      "a name that names its provider, whatever the scenario",
      { ...hard, model: "anthropic/claude-sonnet-4-5" },
      newIdentity(),
      "explicit",
      "anthropic/claude-sonnet-4-5",
    ],
  ];
  for (const [what, change, identity, rule, target] of cases) {
    test(`${what} goes to ${target}`, async (t) => {
      const stream = await call(await start(t, { routing }), change, identity);
      assert.equal(servedBy(stream), target);
      assert.match(String(stream.headers["x-ccr-route"]), new RegExp(`^${rule}; `));
      assert.equal(stream.headers["x-ccr-attempts"], "1");
      assert.match(String(stream.headers["x-ccr-request-id"]), /^req_/);
      assert.ok(Number(stream.headers["x-ccr-overhead-ms"]) >= 0);
    });
  }

  test("a subagent's tag chooses its model, and no model sees the tag", async (t) => {
    const setup = await start(t, { routing });
    const system = [
      { type: "text", text: "<CCR-SUBAGENT-MODEL>openai,gpt-4.1</CCR-SUBAGENT-MODEL> You are an agent for reviews." },
    ];
    const stream = await call(setup, { system }, subagent);
    assert.equal(servedBy(stream), "openai/gpt-4.1");
    assert.doesNotMatch(setup.simulated.openai.requests[0]!.bodyText, /CCR-SUBAGENT/);
  });

  test("own rules come before scenarios", async (t) => {
    const rules = [
      { name: "cli", when: { app: "cli", header: { "user-agent": "claude-cli/*" } }, to: "openai/gpt-4.1" },
    ];
    const stream = await call(await start(t, { routing: { ...routing, rules } }), hard);
    assert.equal(servedBy(stream), "openai/gpt-4.1");
    assert.match(String(stream.headers["x-ccr-route"]), /^cli; /);
  });
});

describe("names and sessions", () => {
  test("an alias leads a whole session to its target", async (t) => {
    const { router } = await start(t, { aliases: { "claude-opus-5-5": "deepseek/deepseek-v4-pro" } });
    const session = await playSession({ baseUrl: router.url, prompt: '[[tool:Bash {"command":"echo one"}]]' });
    assert.ok(session.answerHeaders.length > 1);
    for (const headers of session.answerHeaders) assert.equal(headers["x-ccr-provider"], "deepseek");
    assert.match(session.result, /one/);
  });

  test("a session stays where a fail-over took it; another one begins at the first target", async (t) => {
    const setup = await start(t, {
      aliases: { "claude-opus-5-5": ["anthropic/claude-opus-5-5", "openai/gpt-4.1"] },
      retries: { attemptsPerTarget: 1 },
    });
    const identity = newIdentity();
    setup.simulated.anthropic.behaveNext({ fault: { kind: "overloaded" } });
    const moved = await call(setup, {}, identity);
    assert.deepEqual([servedBy(moved), moved.headers["x-ccr-attempts"]], ["openai/gpt-4.1", "2"]);
    const stayed = await call(setup, {}, identity);
    assert.deepEqual([servedBy(stayed), stayed.headers["x-ccr-attempts"]], ["openai/gpt-4.1", "1"]);
    assert.equal(servedBy(await call(setup)), "anthropic/claude-opus-5-5");
  });

  for (const model of ["claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-1"]) {
    test(`an alias leads a session to an older Claude, which is asked for what it takes (${model})`, async (t) => {
      const { router } = await start(t, { aliases: { "claude-opus-5-5": `anthropic/${model}` } });
      const session = await playSession({ baseUrl: router.url, prompt: '[[tool:Bash {"command":"echo one"}]]' });
      assert.match(session.result, /one/);
    });
  }

  test("the models list has what the client keeps: names with claude, with display names", async (t) => {
    const { router } = await start(t, { aliases: { "claude-best": "openai/gpt-4.1" } });
    const answer = await fetch(`${router.url}/v1/models?limit=1000`, { headers: clientHeaders(newIdentity()) });
    assert.match(answer.headers.get("request-id") ?? "", /^req_/);
    const models = toJsonArray(toJsonObject(await answer.json())["data"]).map(toJsonObject);
    const kept = models.filter(({ id }) => /claude|anthropic/.test(textOrJson(id)));
    assert.ok(kept.some(({ id }) => id === "claude-best"));
    assert.ok(kept.some(({ id }) => id === "claude-opus-5-5"));
    assert.ok(kept.every((model) => typeof model["display_name"] === "string"));
  });

  test("the models list has pages that end, and a page that there is not is refused", async (t) => {
    const { router } = await start(t, {});
    const headers = clientHeaders(newIdentity());
    const list = async (query: string) => fetch(`${router.url}/v1/models${query}`, { headers });
    const idsOf = async (query: string) => {
      const page = toJsonObject(await (await list(query)).json());
      return toJsonArray(page["data"]).map((model) => textOrJson(toJsonObject(model)["id"]));
    };
    const all = await idsOf("");
    const seen = await idsOf("?limit=3");
    while (seen.length < all.length)
      seen.push(...(await idsOf(`?limit=3&after_id=${encodeURIComponent(seen.at(-1)!)}`)));
    assert.deepEqual(seen, all);
    assert.deepEqual(await idsOf(`?limit=1&before_id=${encodeURIComponent(all[2]!)}`), [all[1]]);
    for (const [query, words] of [
      ["?limit=-1", /limit: a whole number from 1 up/],
      ["?limit=0x10", /limit: a whole number from 1 up/],
      ["?limit=0", /limit: a whole number from 1 up/],
      ["?after_id=gone", /after_id: no model of this list/],
      ["?before_id=gone", /before_id: no model of this list/],
    ] as const) {
      const answer = await list(query);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), words);
    }
  });

  test("each name of the models list stands there once, and is served by a provider that lists it", async (t) => {
    const aliases = { "openai/gpt-4.1": ["openai/gpt-4.1", "groq/openai/gpt-oss-120b"] };
    const { router } = await start(t, { aliases });
    const headers = { authorization: "Bearer sk-any" };
    const answer = await fetch(`${router.url}/v1/models`, { headers });
    const models = toJsonArray(toJsonObject(await answer.json())["data"]).map(toJsonObject);
    const ids = models.map(({ id }) => textOrJson(id));
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes("groq/openai/gpt-oss-120b"));
    assert.ok(!ids.includes("openai/gpt-oss-120b"), "of the provider openai, which has no such model");
  });

  test("an alias holds that is called like a model of a provider", async (t) => {
    const setup = await start(t, { aliases: { "openai/retired": "groq/openai/gpt-oss-120b" } });
    assert.equal(servedBy(await call(setup, { model: "openai/retired" })), "groq/openai/gpt-oss-120b");
  });
});

describe("token counts", () => {
  for (const model of ["claude-opus-5-5", "openai/gpt-4.1"]) {
    test(`fifty at once are answered, past every budget (${model})`, async (t) => {
      const { router } = await start(t, { budgets: { caps: [{ scope: "all", daily: 0 }] } });
      const bodies = Array.from({ length: 50 }, (_, index) => countRequests(model)[index % 4]);
      const counts = await Promise.all(
        bodies.map(async (body) => {
          const headers = clientHeaders(newIdentity(), true);
          const url = `${router.url}/v1/messages/count_tokens?beta=true`;
          const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
          assert.equal(answer.status, 200);
          return Number(toJsonObject(await answer.json())["input_tokens"]);
        }),
      );
      assert.ok(counts.every((count) => Number.isInteger(count) && count > 0));
    });
  }
});

describe("what providers get of the client's requests", () => {
  test("an Anthropic-dialect provider: the client's very bytes, headers and attribution", async (t) => {
    const setup = await start(t);
    const identity = newIdentity();
    await call(setup, {}, identity);
    const sent = setup.simulated.anthropic.requests.at(-1)!;
    const body = messagesRequest(identity, "claude-opus-5-5", openingMessages("Hi"));
    assert.equal(sent.bodyText, JSON.stringify(body));
    assert.equal(sent.path, "/v1/messages?beta=true");
    assert.equal(sent.headers["anthropic-beta"], clientHeaders(identity)["anthropic-beta"]);
    assert.equal(sent.headers["x-claude-code-session-id"], identity.sessionId);
  });

  for (const [kind, model] of [
    ["openai", "openai/gpt-6-luna"],
    ["groq", "groq/openai/gpt-oss-120b"],
    ["deepseek", "deepseek/deepseek-v4-pro"],
  ] as const) {
    test(`${kind}: the conversation whole and in order, and nothing that is Anthropic's alone`, async (t) => {
      const setup = await start(t);
      await call(setup, { model });
      const sent = setup.simulated[kind].requests.at(-1)!;
      assert.doesNotMatch(sent.bodyText, /x-anthropic-billing-header|cache_control|context_management|defer_loading/);
      assert.equal(sent.headers["anthropic-beta"], undefined);
      const body = toJsonObject(sent.body);
      const messages = toJsonArray(body["messages"] ?? body["input"]).map(toJsonObject);
      assert.match(textOrJson(messages[0]?.["role"]), /system|developer/);
      assert.match(JSON.stringify(messages[0]), /You are an agent for software work/);
      const texts = messages.slice(1).map((message) => JSON.stringify(message));
      const question = texts.findIndex((text) => text.includes('"Hi"') || text.includes("Hi"));
      const environment = texts.findIndex((text) => text.includes("# Environment"));
      assert.ok(question >= 0 && environment >= question, "the system message stands behind the question");
    });
  }
});
