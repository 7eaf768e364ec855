/** Same dialect: what reaches the provider is what the client sent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { startLocalRouter } from "../kit/local-router.ts";
import { oddBody, startPassThroughRouter } from "./pass-through-router.ts";

test("a request's bytes reach the provider unchanged", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const answer = await fetch(`${router.url}/v1/messages?beta=true`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 200);
  assert.equal(provider.requests[0]?.bodyText, oddBody);
  assert.equal(provider.requests[0]?.path, "/v1/messages?beta=true");
});

test("an alias changes the model's name and nothing else", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const body = oddBody.replace("claude-sonnet-4-5", "alias");
  await fetch(`${router.url}/v1/messages`, { method: "POST", body });
  assert.equal(provider.requests[0]?.bodyText, oddBody);
});

for (const [encoding, compress] of [
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["Identity", (body: Buffer) => body],
  ["GZip, identity", gzipSync],
] as const) {
  test(`a body compressed by ${encoding} is understood`, async (t) => {
    const { provider, router } = await startPassThroughRouter(t);
    const headers = { "content-encoding": encoding };
    const answer = await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers,
      body: compress(Buffer.from(oddBody)),
    });
    assert.equal(answer.status, 200);
    assert.equal(provider.requests[0]?.bodyText, oddBody);
  });
}

test("the client's versions, betas and own headers pass; its credential for the router does not", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const headers = {
    "anthropic-version": "2099-01-01",
    "anthropic-beta": "a-2025-01-01,unknown-2099-12-31",
    "anthropic-anything": "yes",
    "x-stainless-lang": "js",
    authorization: "Bearer router-secret",
    "x-api-key": "router-secret",
    cookie: "session=1",
  };
  await fetch(`${router.url}/v1/messages`, { method: "POST", headers, body: oddBody });
  const sent = provider.requests[0]!.headers;
  assert.equal(sent["anthropic-version"], "2099-01-01");
  assert.equal(sent["anthropic-beta"], "a-2025-01-01,unknown-2099-12-31");
  assert.equal(sent["anthropic-anything"], "yes");
  assert.equal(sent["x-stainless-lang"], "js");
  assert.equal(sent["x-api-key"], "provider-key");
  assert.equal(sent.authorization, undefined);
  assert.equal(sent.cookie, undefined);
  assert.doesNotMatch(JSON.stringify(sent), /router-secret/);
});

test("headers that a message's connection header names are of that connection, and pass in neither direction", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  provider.replay({
    status: 200,
    headers: {
      "content-type": "application/json",
      connection: "X-Theirs, keep-alive",
      "x-theirs": "1",
      "x-passed": "1",
    },
    body: '{"type":"message","content":[]}',
  });
  const headers = { connection: "close, X-Hop ,anthropic-beta", "x-hop": "1", "anthropic-beta": "b", "x-end": "1" };
  const asked = request(`${router.url}/v1/messages`, { method: "POST", headers });
  asked.end(oddBody);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  answer.resume();
  const sent = provider.requests[0]!.headers;
  assert.deepEqual([sent["x-hop"], sent["anthropic-beta"], sent["x-end"]], [undefined, undefined, "1"]);
  assert.deepEqual([answer.headers["x-theirs"], answer.headers["x-passed"]], [undefined, "1"]);
});

test("a configured beta is added to the client's, whose fields would be refused without their own", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  await router.close();
  const headers = { "anthropic-beta": "context-1m-2025-08-07, b", "user-agent": "ours" };
  const adding = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "provider-key", headers } },
  });
  for (const asked of [{ "anthropic-beta": "a, b" }, {}]) {
    await fetch(`${adding.url}/v1/messages`, { method: "POST", headers: asked, body: oddBody });
  }
  const sent = provider.requests.map((request) => request.headers);
  assert.deepEqual(
    sent.map((one) => one["anthropic-beta"]),
    ["a,b,context-1m-2025-08-07", "context-1m-2025-08-07, b"],
  );
  assert.equal(sent[0]?.["user-agent"], "ours");
});

test("with passthrough the client's own login goes to the provider, and so do the provider's limits back", async (t) => {
  const { provider, router } = await startPassThroughRouter(t, {});
  const own = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, credentials: "passthrough" } },
  });
  assert.notEqual(own.url, router.url);
  provider.replay({
    status: 200,
    headers: { "content-type": "application/json", "anthropic-ratelimit-unified-status": "allowed" },
    body: '{"type":"message","content":[]}',
  });
  const headers = { authorization: "Bearer sk-ant-oat01-mine" };
  const answer = await fetch(`${own.url}/v1/messages`, { method: "POST", headers, body: oddBody });
  assert.equal(provider.requests.at(-1)?.headers.authorization, "Bearer sk-ant-oat01-mine");
  assert.equal(provider.requests.at(-1)?.headers["x-api-key"], undefined);
  assert.equal(answer.headers.get("anthropic-ratelimit-unified-status"), "allowed");
});

test("the subagent tag chooses the model and is taken out of the prompt", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const body = {
    model: "claude-opus-4-1",
    max_tokens: 16,
    system: [
      { type: "text", text: "You help. <CCR-SUBAGENT-MODEL>anthropic,claude-haiku-4-5</CCR-SUBAGENT-MODEL> Be brief." },
    ],
    messages: [{ role: "user", content: "<CCR-SUBAGENT-MODEL> is only a word here" }],
  };
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
  assert.match(answer.headers.get("x-ccr-route")!, /^subagent-tag/);
  const sent = JSON.parse(provider.requests[0]!.bodyText) as typeof body;
  assert.equal(sent.model, "claude-haiku-4-5");
  assert.equal(sent.system[0]?.text, "You help.  Be brief.");
  assert.equal(sent.messages[0]?.content, body.messages[0]!.content);
});
