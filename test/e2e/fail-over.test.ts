/** What happens to a call whose provider fails before anything of an answer has come. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { post, question, simulate, startPair } from "./provider-pair.ts";

describe("before anything of an answer has come", () => {
  for (const [what, fault] of [
    ["answers 500", { kind: "status", status: 500 }],
    ["is overloaded", { kind: "overloaded" }],
    ["resets the connection", { kind: "reset", afterFrames: null }],
    ["sends an error as first event under status 200", { kind: "error-event", afterFrames: 0, status: 529 }],
    ["sends a page of HTML under status 200", { kind: "html" }],
    ["ends before its first event", { kind: "early-end", afterFrames: 0 }],
  ] as const) {
    test(`a provider that ${what} makes way for the next target`, async (t) => {
      const { first, router } = await startPair(t);
      first.behave({ fault });
      const stream = await openStream(`${router.url}/v1/messages`, { model: "m", stream: true, ...question });
      assert.equal(await stream.ended, "whole");
      assert.equal(stream.headers["x-ccr-provider"], "second");
      assert.equal(stream.headers["x-ccr-attempts"], "2");
      assert.equal(stream.events.at(-1)?.event, "message_stop");
    });
  }

  test("a whole answer that breaks off comes from the next target", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ fault: { kind: "cut", afterFrames: 1 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.equal(((await answer.json()) as { type: string }).type, "message");
  });

  test("a whole answer that ends properly in the middle of its JSON comes from the next target", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ fault: { kind: "early-end", afterFrames: 1 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.equal(((await answer.json()) as { type: string }).type, "message");
  });

  for (const [from, to] of [
    ["groq/openai/gpt-oss-120b", "openai/gpt-5-mini"],
    ["openai/gpt-5-mini", "deepseek/deepseek-v4-pro"],
    ["deepseek/deepseek-v4-pro", "groq/openai/gpt-oss-120b"],
    ["openai/gpt-5-mini", "openai/gpt-4.1"],
  ] as const) {
    test(`what ${from} takes is made to fit where ${to} answers in its place`, async (t) => {
      const first = await simulate(t, from.split("/")[0] as "groq");
      const second = await simulate(t, to.split("/")[0] as "openai");
      first.behave({ fault: { kind: "overloaded" } });
      const router = await startLocalRouter(t, {
        providers: {
          first: { kind: first.kind, baseUrl: first.baseUrl, apiKey: "a", dialect: "openai-chat" },
          second: { kind: second.kind, baseUrl: second.baseUrl, apiKey: "b", dialect: "openai-chat" },
        },
        aliases: { m: [from.replace(/^\w+/, "first"), to.replace(/^\w+/, "second")] },
        retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
      });
      const isOld = !from.startsWith("openai");
      const asked = isOld
        ? { max_tokens: 300_000, temperature: 0.2, presence_penalty: 0.1, stop: ["x"], reasoning_effort: "high" }
        : { max_completion_tokens: 300_000, reasoning_effort: "minimal" };
      const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
      const messages = [
        { role: isOld ? "system" : "developer", content: "Be brief" },
        { role: "user", content: isOld ? "How are you?" : [{ type: "text", text: "How is this?" }, image] },
      ];
      const answer = await post(router, { model: "m", messages, ...asked }, "/v1/chat/completions");
      assert.equal(answer.status, 200, await answer.text());
      assert.equal(answer.headers.get("x-ccr-provider"), "second");
    });
  }

  test("a wrong request is not tried elsewhere, and the provider's own words reach the client unchanged", async (t) => {
    const { second, router } = await startPair(t);
    const answer = await post(router, { model: "m", ...question, messages: [{ role: "nobody", content: "x" }] });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("x-ccr-attempts"), "1");
    assert.equal(((await answer.json()) as { error: { type: string } }).error.type, "invalid_request_error");
    assert.equal(second.requests.length, 0);
  });

  test("the same target is tried again with jitter before the next one", async (t) => {
    const { first, second, router } = await startPair(t, { retries: { attemptsPerTarget: 2, baseDelayMs: 1 } });
    first.behaveNext({ fault: { kind: "status", status: 500 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "first");
    assert.equal(first.requests.length, 2);
    assert.equal(second.requests.length, 0);
  });

  test("a target that asks for no other try is asked once, and clients of both dialects hear of it", async (t) => {
    const { first, second, router } = await startPair(t, { retries: { attemptsPerTarget: 2, baseDelayMs: 1 } });
    const body = '{"type":"error","error":{"type":"api_error","message":"No"}}';
    const headers = { "content-type": "application/json", "x-should-retry": "false" };
    first.replay({ status: 500, headers, body }, 3);
    for (const [path, count] of [
      ["/v1/messages", 1],
      ["/v1/chat/completions", 2],
    ] as const) {
      const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question }, path);
      assert.equal(answer.headers.get("x-should-retry"), "false", path);
      assert.equal(first.requests.length, count);
    }
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.deepEqual([first.requests.length, second.requests.length], [3, 1]);
  });

  test("a request that a target refuses for now is answered so that clients of both dialects try again", async (t) => {
    const { first, router } = await startPair(t);
    const body = '{"type":"error","error":{"type":"invalid_request_error","message":"Not now"}}';
    first.replay({ status: 400, headers: { "content-type": "application/json", "x-should-retry": "true" }, body }, 2);
    for (const path of ["/v1/messages", "/v1/chat/completions"]) {
      const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question }, path);
      assert.deepEqual([answer.status, answer.headers.get("x-should-retry")], [400, "true"], path);
    }
  });

  test("a prompt that does not fit goes to the target for such prompts", async (t) => {
    const { first, router } = await startPair(t, { routing: { contextOverflow: "second/gpt-4.1" } });
    first.behave({ contextTokens: 5 });
    const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
  });

  test("a context overflow of another dialect is told in the words by which Claude Code recovers", async (t) => {
    const { second, router } = await startPair(t);
    second.behave({ contextTokens: 5 });
    const answer = await post(router, { model: "second/gpt-4.1", ...question });
    assert.equal(answer.status, 400);
    const { error } = (await answer.json()) as { error: { type: string; message: string } };
    assert.equal(error.type, "invalid_request_error");
    assert.match(error.message, /^prompt is too long: \d+ tokens > \d+ maximum/);
  });

  test("the router's own credentials being refused is no 401 for the client", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ requiredKey: "another" });
    const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 502);
    assert.equal(answer.headers.get("x-should-retry"), "false");
    assert.match(await answer.text(), /authentication_error/);
  });

  test("a provider that never answers is given up after its time, in words", async (t) => {
    const first = await simulate(t, "anthropic");
    const router = await startLocalRouter(t, {
      providers: { first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a", timeouts: { firstByteMs: 50 } } },
    });
    first.behave({ fault: { kind: "hang" } });
    const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 504);
    assert.match(await answer.text(), /timeout/);
  });
});
