/** Targets that cannot be asked what a request holds make way for those that can, wherever they stand in the plan. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { CallRecord } from "../../src/core/record.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { post, question, simulate } from "./provider-pair.ts";

/** Only Anthropic's servers connect to MCP servers. */
const mcp = { ...question, mcp_servers: [{ type: "url", url: "https://mcp.example", name: "tools" }] };

/** The 64 tokens of an answer are beyond the cap at OpenAI, and within it at Anthropic. */
const dearFirst = {
  overrides: [{ provider: "openai", model: "*", inputUsdPerMillion: 600, outputUsdPerMillion: 600 }],
};
const budgets = { caps: [{ scope: "all", daily: 0.01 }] };

interface Rig {
  readonly openai: SimulatedProvider;
  readonly anthropic: SimulatedProvider;
  readonly router: LocalRouter;
  readonly ask: (body: object) => Promise<Response>;
}

/** A router whose plan for `m` begins at a target that can do less than the next one. */
async function start(t: TestContext, settings: object = {}): Promise<Rig> {
  const openai = await simulate(t, "openai");
  const anthropic = await simulate(t, "anthropic");
  const router = await startLocalRouter(t, {
    providers: {
      openai: { kind: "openai", baseUrl: openai.baseUrl, apiKey: "b" },
      anthropic: { kind: "anthropic", baseUrl: anthropic.baseUrl, apiKey: "a" },
    },
    aliases: { m: ["openai/gpt-4.1", "anthropic/claude-haiku-4-5"], bound: ["openai/gpt-4.1", "openai/gpt-4.1-mini"] },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...settings,
  });
  const headers = { "anthropic-beta": "mcp-client-2025-11-20" };
  const ask = (body: object): Promise<Response> =>
    fetch(`${router.url}/v1/messages`, { method: "POST", headers, body: JSON.stringify({ model: "m", ...body }) });
  return { openai, anthropic, router, ask };
}

async function providerOf(answering: Promise<Response>): Promise<string | null> {
  const answer = await answering;
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("x-ccr-provider");
}

test("the next target serves in place of a first one that cannot, and the call's account says why", async (t) => {
  const { openai, router, ask } = await start(t);
  const answer = await ask(mcp);
  assert.equal(answer.status, 200, await answer.text());
  assert.equal(answer.headers.get("x-ccr-provider"), "anthropic");
  assert.equal(answer.headers.get("x-ccr-attempts"), "1");
  assert.match(
    answer.headers.get("x-ccr-route") ?? "",
    /; not openai\/gpt-4\.1, which cannot do what the request asks/,
  );
  assert.equal(openai.requests.length, 0);
  const record = await waitUntil("the ledger has the call", async () => {
    const found = await fetch(`${router.url}/api/calls/${answer.headers.get("x-ccr-request-id")}`);
    return found.ok ? ((await found.json()) as { record: Pick<CallRecord, "passedOver"> }).record : null;
  });
  const told = record.passedOver?.map(({ target, errorCode, afterAttempts }) => [target, errorCode, afterAttempts]);
  assert.deepEqual(told, [[{ provider: "openai", model: "gpt-4.1" }, "caller_unsupported_content", 0]]);
});

test("where no target can, the request is refused with what the first of them lacks, and none is asked", async (t) => {
  const { openai, ask } = await start(t);
  const answer = await ask({ ...mcp, model: "bound" });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /mcp_servers/);
  assert.equal(openai.requests.length, 0);
});

test("where the target that can fails, its failure is told: the request may do well when that is well again", async (t) => {
  const { anthropic, ask } = await start(t);
  anthropic.behave({ fault: { kind: "overloaded" } });
  assert.equal((await ask(mcp)).status, 529);
});

test("a target behind, whose dialect cannot say what this one's client sent, leaves the first one's failure to be told", async (t) => {
  const { anthropic, openai, ask } = await start(t, {
    aliases: { m: ["anthropic/claude-haiku-4-5", "openai/gpt-4.1"] },
  });
  anthropic.behave({ fault: { kind: "overloaded" } });
  const call = { type: "tool_use", id: "", name: "look", input: {} };
  const answer = await ask({ ...question, messages: [...question.messages, { role: "assistant", content: [call] }] });
  assert.equal(answer.status, 529, await answer.text());
  assert.equal(openai.requests.length, 0);
});

test("what is held is what the target that is asked may cost", async (t) => {
  const { ask } = await start(t, { prices: dearFirst, budgets });
  assert.equal((await ask(question)).status, 429);
  assert.equal(await providerOf(ask(mcp)), "anthropic");
});

test("a target behind, that cannot be asked, holds no money and is not too dear for a budget", async (t) => {
  const { anthropic, ask } = await start(t, {
    prices: dearFirst,
    aliases: { m: ["anthropic/claude-haiku-4-5", "openai/gpt-4.1"] },
    budgets,
  });
  anthropic.behave({ fault: { kind: "overloaded" } });
  const answer = await ask(mcp);
  assert.equal(answer.status, 529);
  assert.doesNotMatch(await answer.text(), /budget/);
});

test("a limited target with none behind that could do better is waited for", async (t) => {
  const { anthropic, ask } = await start(t, {
    aliases: { m: ["anthropic/claude-haiku-4-5", "openai/gpt-4.1"] },
    retries: { attemptsPerTarget: 2, baseDelayMs: 1 },
  });
  anthropic.behaveNext({ fault: { kind: "rate-limit", retryAfterSeconds: 1 } });
  const answer = await ask(mcp);
  assert.equal(answer.status, 200, await answer.text());
  assert.equal(answer.headers.get("x-ccr-attempts"), "2");
});

test("its answer is kept and found, and shared by identical calls", async (t) => {
  const { anthropic, ask } = await start(t, { cache: { enabled: true, rules: [{ when: {}, cache: true }] } });
  const answers = await Promise.all([ask(mcp), ask(mcp)]);
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  assert.deepEqual(answers.map((answer) => answer.headers.get("x-ccr-cache")).toSorted(), ["joined", "miss"]);
  await waitUntil("the answer is kept", async () => {
    const again = await ask(mcp);
    await again.arrayBuffer();
    return again.headers.get("x-ccr-cache") === "hit";
  });
  assert.equal(anthropic.requests.length, 1);
});

test("its session goes on at the first target with requests that this one can do", async (t) => {
  const { ask } = await start(t);
  const metadata = { user_id: JSON.stringify({ session_id: "one" }) };
  assert.equal(await providerOf(ask({ ...mcp, metadata })), "anthropic");
  assert.equal(await providerOf(ask({ ...question, metadata })), "openai");
});

test("tokens are counted for the first target, which counts none itself, and not by another model's provider", async (t) => {
  const { anthropic, router } = await start(t);
  const counted = await post(router, { ...question, model: "m" }, "/v1/messages/count_tokens");
  assert.equal(counted.headers.get("x-ccr-estimated"), "true");
  assert.equal(anthropic.requests.length, 0);
});
