/** Streams that go wrong under status 200: what the client gets of them, and what the record says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import { shortRequest, startCaseRouter } from "../conformance/case-router.ts";
import type { ClientView } from "../conformance/case-router.ts";
import type { CallRecord } from "../../src/core/record.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

const chunk = (delta: object, finishReason: string | null = null): string =>
  JSON.stringify({ id: "c1", choices: [{ index: 0, delta, finish_reason: finishReason }] });
const text = chunk({ role: "assistant", content: "So far" });
const busy = '{"error":{"type":"server_error","message":"too busy"}}';
const nameless = chunk({ tool_calls: [{ index: 0, id: "a", function: { arguments: "{}" } }] }, "tool_calls");

/** Asks for a stream of which `payloads` are all that comes, in one write. */
async function play(
  t: CleansUp,
  client: Dialect,
  payloads: readonly string[],
): Promise<{ view: ClientView; record: CallRecord }> {
  const router = await startCaseRouter(t);
  const body = payloads.map((payload) => `data: ${payload}\n\n`).join("");
  router.providers["openai-chat"].replay({ headers: { "content-type": "text/event-stream" }, body });
  const view = await router.ask(client, shortRequest(client, "openai-chat", true));
  const records = await router.records([view.callId]);
  return { view, record: records.get(view.callId)! };
}

for (const client of ["anthropic-messages", "openai-chat"] as const) {
  test(`what came before an error reaches the client, and the call is no success (${client})`, async (t) => {
    const { view, record } = await play(t, client, [text, busy]);
    assert.equal(view.status, 200);
    assert.ok(view.text.indexOf("So far") < view.text.indexOf("too busy") && view.text.includes("So far"));
    assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_failed"]);
  });

  test(`an error in place of an answer is an error answer (${client})`, async (t) => {
    const { view, record } = await play(t, client, [busy]);
    assert.equal(view.status, 502);
    assert.equal(view.contentType, "application/json");
    assert.equal(view.headers[client === "openai-chat" ? "x-request-id" : "request-id"], view.callId);
    assert.match(view.text, /too busy/);
    assert.deepEqual([record.outcome, record.errorCode], ["error", "provider_failed"]);
  });

  test(`the wait that an error in place of an answer names reaches the client, and is not cut short (${client})`, async (t) => {
    const limit = { code: "rate_limit_exceeded", message: "Rate limit reached. Please try again in 88.054s." };
    const { view, record } = await play(t, client, [JSON.stringify({ error: limit })]);
    assert.deepEqual([view.status, view.headers["retry-after"], record.attempts.length], [429, "89", 1]);
  });

  test(`a stream that ends without a finish ends in an error, and so says the record (${client})`, async (t) => {
    const { view, record } = await play(t, client, [text]);
    assert.equal(view.status, 200);
    assert.match(view.text, /"error"/);
    assert.doesNotMatch(view.text, /message_stop|"finish_reason":"stop"/);
    assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_cut_answer"]);
    assert.equal(record.isUsageEstimated, true);
  });
}

const spoken = [
  { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided: x" },
  { code: "rate_limit_exceeded", message: "Rate limit reached. Please try again in 88.054s." },
];
const meanings = [
  [502, "provider_rejected_credentials", undefined],
  [429, "provider_rate_limited", "89"],
];

for (const [client, provider] of [
  ["anthropic-messages", "openai-chat"],
  ["openai-chat", "anthropic-messages"],
] as const) {
  test(`an error under status 200 means the same in place of a stream and of a whole answer (${client})`, async (t) => {
    for (const [place, error] of spoken.entries()) {
      for (const isStreaming of [true, false]) {
        const router = await startCaseRouter(t);
        const json = JSON.stringify({ error });
        const reply = isStreaming
          ? { headers: { "content-type": "text/event-stream" }, body: `data: ${json}\n\n` }
          : { headers: { "content-type": "application/json" }, body: json };
        router.providers[provider].replay(reply);
        const view = await router.ask(client, shortRequest(client, provider, isStreaming));
        const record = (await router.records([view.callId])).get(view.callId)!;
        assert.deepEqual([view.status, record.errorCode, view.headers["retry-after"]], meanings[place]);
      }
    }
  });
}

/** As OpenAI, Together, Moonshot, Groq, Z.ai, Gemini, LiteLLM and others say it within a stream, and what it means. */
const brokenOff = [
  [{ type: "server_error", code: "server_is_overloaded", message: "Our servers are busy." }, "overloaded"],
  [
    { type: "server_error", code: null, message: "That model is currently overloaded with other requests." },
    "overloaded",
  ],
  [{ type: "server_error", code: "model_overloaded", message: "Try later." }, "overloaded"],
  [
    { type: "engine_overloaded_error", message: "The engine is currently overloaded, please try again later" },
    "overloaded",
  ],
  [{ code: 503, message: "Service Unavailable" }, "overloaded"],
  [{ type: "service_unavailable_error", message: "Try later." }, "overloaded"],
  [{ message: "Selected model is at capacity. Please try a different model." }, "overloaded"],
  [{ type: "tokens", code: "rate_limit_exceeded", message: "Limit reached for gpt-6-sol" }, "rate_limited"],
  [{ code: "1302", message: "Rate limit reached for requests" }, "rate_limited"],
  [{ type: "None", code: "429", message: "litellm.RateLimitError" }, "rate_limited"],
  [{ type: "server_error", message: "The server had an error" }, "failed"],
] as const;
const anthropicTypes = { overloaded: "overloaded_error", rate_limited: "rate_limit_error", failed: "api_error" };

test("an overload and a rate limit in the middle of an answer are told as such, and recorded as such", async (t) => {
  for (const [error, meaning] of brokenOff) {
    const { view, record } = await play(t, "anthropic-messages", [text, JSON.stringify({ error })]);
    assert.match(
      view.text,
      new RegExp(`event: error\ndata: {"type":"error","error":{"type":"${anthropicTypes[meaning]}"`),
    );
    assert.equal(record.errorCode, `provider_${meaning}`, error.message);
  }
});

test("a nameless error amid named events (LiteLLM) is an event that Anthropic's clients hear of", async (t) => {
  const router = await startCaseRouter(t);
  const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "So far" } };
  const begun = `event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`;
  const error = '{"error": {"message": "Too many", "type": "None", "param": "None", "code": "429"}}';
  router.providers["anthropic-messages"].replay({
    headers: { "content-type": "text/event-stream" },
    body: `${begun}data: ${error}\n\n`,
  });
  const view = await router.ask("anthropic-messages", shortRequest("anthropic-messages", "anthropic-messages", true));
  assert.equal(view.text, `${begun}event: error\ndata: ${error}\n\n`);
  const record = (await router.records([view.callId])).get(view.callId)!;
  assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_rate_limited"]);
});

test("an error of an Anthropic provider in the middle of an answer has its meaning for OpenAI's clients", async (t) => {
  const router = await startCaseRouter(t);
  const start = { type: "message_start", message: { id: "m", role: "assistant", content: [], usage: {} } };
  const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "So far" } };
  for (const [type, told, code] of [
    ["overloaded_error", "server_error", "provider_overloaded"],
    ["rate_limit_error", "rate_limit_error", "provider_rate_limited"],
    ["api_error", "server_error", "provider_failed"],
  ]) {
    const payloads = [start, delta, { type: "error", error: { type, message: "Sorry" } }];
    router.providers["anthropic-messages"].replay({
      headers: { "content-type": "text/event-stream" },
      body: payloads.map((payload) => `event: ${payload.type}\ndata: ${JSON.stringify(payload)}\n\n`).join(""),
    });
    const view = await router.ask("openai-chat", shortRequest("openai-chat", "anthropic-messages", true));
    assert.match(
      view.text,
      new RegExp(`data: {"error":{"message":"Sorry","type":"${told}","param":null,"code":"${code}"}`),
    );
  }
});

for (const dialect of ["anthropic-messages", "openai-chat"] as const) {
  test(`a stream that ends behind a payload that is no JSON ends in an error that says so (${dialect})`, async (t) => {
    const router = await startCaseRouter(t);
    const events: readonly object[] = [
      { type: "message_start", message: { id: "m", role: "assistant", content: [], usage: {} } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "So far" } },
    ];
    const named = events.map(
      (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
    );
    const begun = dialect === "openai-chat" ? `data: ${text}\n\n` : named.join("");
    const headers = { "content-type": "text/event-stream" };
    router.providers[dialect].replay({ headers, body: `${begun}data: {"broken\n\n` });
    const view = await router.ask(dialect, shortRequest(dialect, dialect, true));
    assert.ok(view.text.startsWith(begun));
    assert.match(view.text, /data: \{[^\n]*"error":[^\n]*a payload that is no JSON[^\n]*\n\n$/);
    const record = (await router.records([view.callId])).get(view.callId)!;
    assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_bad_answer"]);
  });
}

for (const provider of ["anthropic-messages", "openai-chat"] as const) {
  test(`an event named error is one, in whatever words (from ${provider})`, async (t) => {
    const router = await startCaseRouter(t);
    for (const words of ["Too busy now", '{"message":"Too busy now"}', '{"error":"Too busy now"}']) {
      for (const client of ["anthropic-messages", "openai-chat"] as const) {
        const body = `event: error\ndata: ${words}\n\n`;
        router.providers[provider].replay({ headers: { "content-type": "text/event-stream" }, body });
        const view = await router.ask(client, shortRequest(client, provider, true));
        assert.equal(view.status, 502, words);
        assert.match(view.text, /"message":"Too busy now"/);
        const record = (await router.records([view.callId])).get(view.callId)!;
        assert.deepEqual([record.outcome, record.errorCode], ["error", "provider_failed"]);
      }
    }
  });
}

const wholeStreams: Readonly<Record<Dialect, readonly string[]>> = {
  "openai-chat": [text, chunk({}, "stop"), "[DONE]"].map((payload) => `data: ${payload}\n`),
  "anthropic-messages": [
    { type: "message_start", message: { id: "m", role: "assistant", content: [], usage: {} } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "So far" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n`),
};

for (const provider of ["anthropic-messages", "openai-chat"] as const) {
  test(`a stream whose events end with one line feed reaches all clients whole, with blank lines in its own dialect (${provider})`, async (t) => {
    const router = await startCaseRouter(t);
    const events = wholeStreams[provider];
    const body = events.join("");
    for (const client of ["anthropic-messages", "openai-chat"] as const) {
      for (const isStreaming of client === provider ? [true] : [true, false]) {
        router.providers[provider].replay({ headers: { "content-type": "text/event-stream" }, body });
        const view = await router.ask(client, shortRequest(client, provider, isStreaming));
        assert.equal(view.status, 200);
        if (client === provider) assert.equal(view.text, events.map((event) => `${event}\n`).join(""));
        else assert.match(view.text, isStreaming ? /So far.*(?:message_stop|\[DONE\])/s : /^\{.*"So far"/);
        const record = (await router.records([view.callId])).get(view.callId)!;
        assert.equal(record.outcome, "success");
      }
    }
  });
}

for (const dialect of ["anthropic-messages", "openai-chat"] as const) {
  test(`an error that ends a stream without a blank line is told with it, and is no cut (${dialect})`, async (t) => {
    const router = await startCaseRouter(t);
    const start = { type: "message_start", message: { id: "m", role: "assistant", content: [], usage: {} } };
    const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "So far" } };
    const named = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    const begun = dialect === "openai-chat" ? `data: ${text}\n\n` : named(start) + named(delta);
    const name = dialect === "openai-chat" ? "" : "event: error\n";
    const error = '{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}';
    for (const event of [`${name}data: ${error}`, "event: error\ndata: The server is overloaded"]) {
      for (const end of ["", "\n", "\r\n"]) {
        const body = `${begun}${event}${end}`;
        router.providers[dialect].replay({ headers: { "content-type": "text/event-stream" }, body });
        const view = await router.ask(dialect, shortRequest(dialect, dialect, true));
        assert.equal(view.text, `${body}${end === "" ? "\n\n" : "\n"}`);
        const record = (await router.records([view.callId])).get(view.callId)!;
        assert.equal(record.outcome, "cut");
        assert.notEqual(record.errorCode, "provider_cut_answer");
      }
    }
  });
}

test("an error under a field of its own name (llama.cpp) is told to clients of both dialects, who would not read it", async (t) => {
  const router = await startCaseRouter(t);
  const error = 'error: {"code":500,"message":"Slot is gone","type":"server_error"}';
  for (const client of ["anthropic-messages", "openai-chat"] as const) {
    for (const end of ["\n\ndata: [DONE]\n\n", "\n\n", ""]) {
      const body = `data: ${text}\n\n${error}${end}`;
      router.providers["openai-chat"].replay({ headers: { "content-type": "text/event-stream" }, body });
      const view = await router.ask(client, shortRequest(client, "openai-chat", true));
      assert.match(view.text, /So far.*data: \{[^\n]*"message":"Slot is gone"[^\n]*\n\n$/s);
      const record = (await router.records([view.callId])).get(view.callId)!;
      assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_failed"]);
    }
  }
});

test("an error without the key `error` is told to OpenAI's clients in one, which they look for", async (t) => {
  for (const error of ['{"message":"Internal failure"}', '{"code":"500","message":"Internal failure"}']) {
    const { view, record } = await play(t, "openai-chat", [text, error]);
    assert.match(view.text, /So far.*data: \{"error":\{"message":"Internal failure"[^\n]*\n\n$/s);
    assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_failed"]);
  }
});

test("an error in a shape that no Anthropic client reads is told to them in their own, in the middle of an answer", async (t) => {
  const router = await startCaseRouter(t);
  const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "So far" } };
  const begun = `event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`;
  for (const error of [
    '{"code":503,"message":"Busy now"}',
    '{"code":"ServiceUnavailable","message":"Busy now","request_id":"r"}',
    '{"code":503,"message":"Busy now","type":"unavailable_error"}',
  ]) {
    for (const end of ["\n\nevent: message_stop\ndata: {}\n\n", "\n\n", ""]) {
      const body = `${begun}data: ${error}${end}`;
      router.providers["anthropic-messages"].replay({ headers: { "content-type": "text/event-stream" }, body });
      const view = await router.ask(
        "anthropic-messages",
        shortRequest("anthropic-messages", "anthropic-messages", true),
      );
      assert.ok(view.text.startsWith(`${begun}event: error\ndata: {"type":"error","error":{"type":"overloaded_error"`));
      assert.equal(view.text.match(/Busy now/g)?.length, 1);
      const record = (await router.records([view.callId])).get(view.callId)!;
      assert.deepEqual([record.outcome, record.errorCode], ["cut", "provider_overloaded"]);
    }
  }
});

for (const provider of ["anthropic-messages", "openai-chat"] as const) {
  test(`an error without any field (lemonade) is told as one, in place of an answer and within it (${provider})`, async (t) => {
    const router = await startCaseRouter(t);
    const error = { code: 400, message: "request (6009 tokens) exceeds the available context size (4096 tokens)" };
    const begun = wholeStreams[provider].slice(0, provider === "openai-chat" ? 1 : 2).map((event) => `${event}\n`);
    for (const client of ["anthropic-messages", "openai-chat"] as const) {
      for (const json of [JSON.stringify({ error }), JSON.stringify({ error }, null, 2), JSON.stringify(error)]) {
        for (const [start, end] of [
          ["", ""],
          ["", "\n\ndata: [DONE]\n\n"],
          [begun.join(""), "\n"],
          [begun.join(""), "\ndata: [DONE]\n\n"],
        ]) {
          const body = `${start}${json}${end}`;
          router.providers[provider].replay({ headers: { "content-type": "text/event-stream" }, body });
          const view = await router.ask(client, shortRequest(client, provider, true));
          assert.equal(view.status, start === "" ? 400 : 200);
          assert.match(
            view.text,
            client === "openai-chat"
              ? /exceeds the available context size/
              : /prompt is too long: request \(6009 tokens\)/,
          );
          assert.equal(view.text.match(/"error":\{/g)?.length, 1);
          const record = (await router.records([view.callId])).get(view.callId)!;
          assert.equal(record.errorCode, "caller_context_overflow");
        }
      }
    }
  });
}

test("a page or a text in place of a stream says that the address is wrong, in the words of one in place of a whole answer", async (t) => {
  const router = await startCaseRouter(t);
  const long = "word ".repeat(39) + "a-very-long-secret";
  for (const [type, body, words] of [
    ["text/html; charset=utf-8", "<!doctype html>\n\n<p>Welcome</p>\n\n", "Welcome"],
    ["text/html", "<html><title>Login required</title><script>alert()</script></html>", "Login required"],
    ["text/plain", "upstream \u001b[31mconnect error\nsecond\n\nline", "upstream connect error"],
    ["text/plain", long, `${long.slice(0, 195)}…`],
  ] as const) {
    for (const client of ["anthropic-messages", "openai-chat"] as const) {
      for (const provider of ["anthropic-messages", "openai-chat"] as const) {
        for (const isStreaming of [true, false]) {
          router.providers[provider].replay({ headers: { "content-type": type }, body });
          const view = await router.ask(client, shortRequest(client, provider, isStreaming));
          assert.equal(view.status, 502);
          const { message } = (JSON.parse(view.text) as { error: { message: string } }).error;
          assert.equal(message, `the provider's answer is no JSON object: check its \`baseUrl\`. It says: ${words}`);
        }
      }
    }
  }
});

test("an answer nested too deeply is told so, and one of any size has its record", async (t) => {
  const router = await startCaseRouter(t);
  const input = '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000);
  const wholes: Readonly<Record<Dialect, (text: string) => string>> = {
    "anthropic-messages": (text) =>
      `{"type":"message","content":[{"type":"text","text":"${text}"},{"type":"tool_use","id":"t","name":"f","input":${input}}],"stop_reason":"tool_use"}`,
    "openai-chat": (text) =>
      `{"choices":[{"message":{"content":"${text}","tool_calls":[{"id":"t","function":{"name":"f","arguments":${input}}}]},"finish_reason":"stop"}]}`,
  };
  for (const client of ["anthropic-messages", "openai-chat"] as const) {
    for (const provider of ["anthropic-messages", "openai-chat"] as const) {
      for (const length of [1, 400_000]) {
        router.providers[provider].replay({
          headers: { "content-type": "application/json" },
          body: wholes[provider]("x".repeat(length)),
        });
        const view = await router.ask(client, shortRequest(client, provider, false));
        const record = (await router.records([view.callId])).get(view.callId)!;
        assert.equal(record.errorCode, "provider_bad_answer", `${client} ${provider} ${length}`);
        if (length === 1) assert.match(view.text, /answer is nested too deeply to be read/);
      }
    }
  }
});

test("an error named like what every object has is a provider's failure, and its record is kept", async (t) => {
  for (const type of ["constructor", "__proto__"]) {
    const { view, record } = await play(t, "openai-chat", [JSON.stringify({ error: { type, message: "odd" } })]);
    assert.equal(view.status, 502);
    assert.deepEqual([record.status, record.errorCode], [502, "provider_failed"]);
  }
});

test("a call of a tool without a name is an error for an Anthropic client, and for the record", async (t) => {
  const { view, record } = await play(t, "anthropic-messages", [text, nameless, "[DONE]"]);
  assert.match(view.text, /event: error/);
  assert.doesNotMatch(view.text, /message_stop/);
  assert.equal(record.outcome, "cut");
});
