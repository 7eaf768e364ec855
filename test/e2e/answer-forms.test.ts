/** Answers that come in another form than was asked for: a document for a stream, a stream for a document. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { otherDialect, shortRequest, startCaseRouter } from "../conformance/case-router.ts";
import { shortAnswers } from "../conformance/short-answers.ts";

const json = { "content-type": "application/json" };
const sse = { "content-type": "text/event-stream" };

const streamed = {
  "anthropic-messages": [
    { type: "message_start", message: { ...shortAnswers["anthropic-messages"], content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "Hello" } },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
  ],
  "openai-chat": [
    { id: "c1", choices: [{ index: 0, delta: { content: "Hello" }, finish_reason: null }] },
    { id: "c1", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  ],
} as const;

const overflow = {
  "anthropic-messages": {
    type: "error",
    error: { type: "invalid_request_error", message: "prompt is too long: 9 tokens > 8 maximum" },
  },
  "openai-chat": {
    error: { message: "maximum context length is 8 tokens. However, your messages resulted in 9 tokens." },
  },
} as const;

const lines = (payloads: readonly object[]): string =>
  payloads.map((payload) => `data: ${JSON.stringify(payload)}\n\n`).join("");

for (const client of ["anthropic-messages", "openai-chat"] as const) {
  const provider = otherDialect(client);

  test(`a document in place of a stream reaches ${client} clients as a stream`, async (t) => {
    const router = await startCaseRouter(t);
    router.providers[provider].replay({ headers: json, body: JSON.stringify(shortAnswers[provider]) });
    const view = await router.ask(client, shortRequest(client, provider, true));
    assert.equal(view.contentType, "text/event-stream; charset=utf-8");
    assert.match(view.text, /Hello/);
    assert.match(
      view.text,
      client === "openai-chat" ? /"total_tokens":5.*\[DONE\]/s : /"output_tokens":2.*message_stop/s,
    );
    const records = await router.records([view.callId]);
    assert.equal(records.get(view.callId)?.outcome, "success");
    assert.equal(records.get(view.callId)?.usage?.output, 2);
  });

  test(`a document with an error in place of a stream is that error to ${client} clients`, async (t) => {
    const router = await startCaseRouter(t);
    router.providers[provider].replay({ headers: json, body: JSON.stringify(overflow[provider]) });
    const view = await router.ask(client, shortRequest(client, provider, true));
    assert.equal(view.status, 400);
    const words =
      client === "openai-chat"
        ? /maximum context length is 8 tokens.* 9 tokens/
        : /prompt is too long: 9 tokens > 8 maximum/;
    assert.match(view.text, words);
  });

  test(`a stream in place of a document reaches ${client} clients as a document`, async (t) => {
    const router = await startCaseRouter(t);
    router.providers[provider].replay({ headers: sse, body: lines(streamed[provider]) });
    const view = await router.ask(client, shortRequest(client, provider, false));
    assert.equal(view.contentType, "application/json");
    assert.match(
      JSON.stringify(JSON.parse(view.text)),
      client === "openai-chat" ? /"content":"Hello"/ : /"text":"Hello"/,
    );
  });

  test(`a stream in place of a document that breaks off is no answer to ${client} clients`, async (t) => {
    const router = await startCaseRouter(t);
    router.providers[provider].replay({ headers: sse, body: lines(streamed[provider].slice(0, -1)) });
    const view = await router.ask(client, shortRequest(client, provider, false));
    assert.equal(view.status, 502);
  });

  test(`an error in a stream in place of a document is that error to ${client} clients`, async (t) => {
    const router = await startCaseRouter(t);
    const failing = [streamed[provider][0], overflow[provider]];
    router.providers[provider].replay({ headers: sse, body: lines(failing) });
    const view = await router.ask(client, shortRequest(client, provider, false));
    assert.equal(view.status, 400);
    assert.match(view.text, client === "openai-chat" ? /context_length_exceeded/ : /prompt is too long: 9 tokens/);
  });

  test(`a stream in place of a document of which a part is no JSON is no answer to ${client} clients`, async (t) => {
    const router = await startCaseRouter(t);
    const [first, ...rest] = streamed[provider];
    router.providers[provider].replay({ headers: sse, body: `${lines([first])}data: {"type":"con\n\n${lines(rest)}` });
    const view = await router.ask(client, shortRequest(client, provider, false));
    assert.equal(view.status, 502);
    assert.match(view.text, /no JSON/);
  });
}
