/** Same dialect: what reaches the client is what the provider sent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { oddBody, startPassThroughRouter } from "./pass-through-router.ts";

test("an answer's bytes reach the client unchanged, whole and streamed", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const whole =
    '{ "type":"message","id":"msg_1", "role":"assistant","content":[],"model":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}, "new_field":[1.0]}';
  provider.replay({
    status: 200,
    headers: { "content-type": "application/json", "request-id": "req_theirs" },
    body: whole,
  });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(await answer.text(), whole);
  assert.equal(answer.headers.get("request-id"), "req_theirs");

  const stream = [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}\n\n',
    ': a comment\n\nevent: new_event\ndata: {"type":"new_event"}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ].join("");
  provider.replay({ status: 200, headers: { "content-type": "text/event-stream" }, body: stream });
  const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(await streamed.text(), stream);
});

test("a stream of data alone reaches the client with the names that its library goes by, wherever it was cut", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const events = [
    {
      type: "message_start",
      message: { id: "m", type: "message", role: "assistant", content: [], model: "m", usage: {} },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } },
    { type: "message_stop" },
  ];
  const bare = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const named = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  const headers = { "content-type": "text/event-stream" };
  for (const [body, expected] of [
    [bare, named],
    [`: hello\n\n${bare}`, `: hello\n\n${named}`],
    [`: hello\n\n${named}`, `: hello\n\n${named}`],
    [bare.trimEnd(), named],
    [bare.slice(0, bare.lastIndexOf("data:")), named],
  ] as const) {
    for (const writes of ["bytes", { everyBytes: 7 }, "whole"] as const) {
      provider.replay({ status: 200, headers, body, writes });
      const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
      assert.equal((await streamed.text()).replace(/^: hello\n\n/, ""), expected.replace(/^: hello\n\n/, ""));
    }
  }
});

test("a stream of data alone that breaks off ends with an error event", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const body = 'data: {"type":"message_start","message":{}}\n\ndata: {"type":"content_block_st';
  provider.replay({ status: 200, headers: { "content-type": "text/event-stream" }, body });
  const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.match(
    await streamed.text(),
    /^event: message_start\ndata: \{"type":"message_start","message":\{\}\}\n\nevent: error\ndata: \{"type":"error".*\}\n\n$/,
  );
});

test("a stream that lacks nothing but its last event gets that: clients find no answer without", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  const delta =
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\n\n';
  for (const last of ["", stop.slice(0, -1), stop.slice(0, 40)]) {
    provider.replay({ status: 200, headers: { "content-type": "text/event-stream" }, body: delta + last });
    const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
    assert.equal(await streamed.text(), delta + stop);
  }
});

test("a shared quota of the provider is not shown to the client", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  provider.replay({
    status: 200,
    headers: {
      "content-type": "application/json",
      "anthropic-ratelimit-unified-status": "allowed",
      "x-ratelimit-remaining": "9",
    },
    body: '{"type":"message"}',
  });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.deepEqual(
    [...answer.headers.keys()].filter((name) => name.includes("ratelimit")),
    [],
  );
});

test("a provider's headers in the router's own words are not passed on: it may be a router itself", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const headers = { "content-type": "application/json", "x-ccr-request-id": "req_other", "x-ccr-model": "other" };
  provider.replay({ status: 200, headers, body: '{"type":"message","content":[]}' });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.match(answer.headers.get("x-ccr-request-id") ?? "", /^req_[0-9a-f]+$/);
  assert.doesNotMatch(answer.headers.get("x-ccr-model") ?? "", /other/);
});

test("an error of the provider passes as it is, with its retry-after and x-should-retry", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const body =
    '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 213462 tokens > 200000 maximum"},"request_id":"req_x", "extra":1.0}';
  provider.replay({
    status: 400,
    headers: { "content-type": "application/json", "x-should-retry": "false", "retry-after": "7" },
    body,
  });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 400);
  assert.equal(await answer.text(), body);
  assert.equal(answer.headers.get("x-should-retry"), "false");
  assert.equal(answer.headers.get("retry-after"), "7");
});

test("an error that is not in the shape of the client's dialect is told in it, with the provider's words", async (t) => {
  const { provider, router } = await startPassThroughRouter(t, { retries: { attemptsPerTarget: 1 } });
  for (const [status, body, told, message] of [
    [502, "<html><title>502 Bad Gateway</title></html>", [502, "api_error"], "502 Bad Gateway"],
    [422, '{"detail":[{"loc":["body","tools"],"msg":"bad"}]}', [422, "invalid_request_error"], "tools: bad"],
    [400, '{"object":"error","message":"No","type":"BadRequestError"}', [400, "invalid_request_error"], "No"],
    [429, "", [429, "rate_limit_error"], "The provider answered with status 429 and no explanation."],
  ] as const) {
    provider.replay({ status, headers: { "content-type": "text/html", "retry-after": "0" }, body });
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
    const { type, error } = (await answer.json()) as { type: string; error: { type: string; message: string } };
    assert.deepEqual([answer.status, error.type], told);
    assert.deepEqual([type, error.message], ["error", message]);
  }
});

test("a context overflow in other words than Anthropic's is told in those that Claude Code shortens by", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const message = "This model's maximum context length is 8 tokens. However, you requested 9 tokens. Shorten it.";
  const body = JSON.stringify({ type: "error", error: { type: "invalid_request_error", message } });
  provider.replay({ status: 400, headers: { "content-type": "application/json" }, body });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /"prompt is too long: 9 tokens > 8 maximum"/);
});

test("an error that quotes the provider's key in escapes does not pass", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const quoted = "provider\\u002dkey";
  const body = `{"type":"error","error":{"type":"invalid_request_error","message":"${quoted} is odd"}}`;
  provider.replay({ status: 400, headers: { "content-type": "application/json" }, body });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.match(await answer.text(), /"message":"\[hidden\] is odd"/);
});

test("an error of 500 and more that no retry mends says so, as the provider does not", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const body = '{"type":"error","error":{"type":"not_supported","message":"There is no such endpoint"}}';
  provider.replay({ status: 501, headers: { "content-type": "application/json" }, body });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.deepEqual([answer.status, answer.headers.get("x-should-retry")], [501, "false"]);
  assert.equal(await answer.text(), body);
});

test("a page in place of an answer is no answer", async (t) => {
  const { provider, router } = await startPassThroughRouter(t, { retries: { attemptsPerTarget: 1 } });
  for (const body of ["", " ", "<html>Sign in</html>"]) {
    provider.replay({ status: 200, headers: { "content-type": "text/html" }, body });
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /no JSON object: check its `baseUrl`/);
  }
});

test("a redirect does not pass: the client would show its key to another host", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  provider.replay({ status: 307, headers: { location: "https://elsewhere.example/" }, body: "" });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody, redirect: "manual" });
  assert.equal(answer.status, 502);
  assert.equal(answer.headers.get("location"), null);
  assert.match(await answer.text(), /redirects to https:\/\/elsewhere\.example\/: check the provider's `baseUrl`/);
});

test("a proxy before the provider that wants a password is told in words: 407 would be the client's own proxy", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  provider.replay({ status: 407, headers: { "proxy-authenticate": "Basic" }, body: "" });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 502);
  assert.match(await answer.text(), /A proxy before the provider wants a password/);
});
