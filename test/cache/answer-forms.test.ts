/** Answers in another form than was asked for, shared and kept: a document for a stream, a stream for a document. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { otherDialect } from "../conformance/case-router.ts";
import { shortAnswers } from "../conformance/short-answers.ts";
import { question, startCacheRouter } from "./cache-router.ts";

const events = {
  "anthropic-messages": [
    { type: "message_start", message: { ...shortAnswers["anthropic-messages"], content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "Hello" } },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
  ],
  "openai-chat": [
    { id: "c1", choices: [{ index: 0, delta: { content: "Hello" }, finish_reason: "stop" }] },
    { id: "c1", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
  ],
} as const;

const forms = [
  {
    what: "a document in place of a stream",
    isStreaming: true,
    type: "application/json",
    bodyOf: (dialect: keyof typeof shortAnswers) => JSON.stringify(shortAnswers[dialect]),
  },
  {
    what: "a stream in place of a document",
    isStreaming: false,
    type: "text/event-stream",
    bodyOf: (dialect: keyof typeof shortAnswers) =>
      events[dialect].map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""),
  },
] as const;

for (const client of ["anthropic-messages", "openai-chat"] as const) {
  for (const { what, isStreaming, type, bodyOf } of forms) {
    test(`${what} reaches all ${client} clients that share it, and those that come later`, async (t) => {
      const router = await startCacheRouter(t);
      const dialect = otherDialect(client);
      const provider = router.providers[dialect];
      provider.replay({ headers: { "content-type": type }, body: bodyOf(dialect) });
      const asked = question(client, dialect, isStreaming);
      const together = await Promise.all([1, 2, 3].map(() => router.ask(client, asked)));
      const later = await router.ask(client, asked);
      for (const { status, headers, text } of [...together, later]) {
        assert.equal(status, 200);
        assert.match(headers["content-type"] ?? "", isStreaming ? /^text\/event-stream/ : /^application\/json/);
        assert.match(text, /Hello/);
        assert.match(text, isStreaming ? /message_stop|\[DONE\]/ : /"stop_reason":"end_turn"|"finish_reason":"stop"/);
      }
      assert.deepEqual([later.cache, provider.counts().requests], ["hit", 1]);
    });
  }
}

for (const dialect of ["anthropic-messages", "openai-chat"] as const) {
  test(`a stream whose events end with one line feed is shared and kept with blank lines (${dialect})`, async (t) => {
    const router = await startCacheRouter(t);
    const named = (event: object): string => ("type" in event ? `event: ${String(event.type)}\n` : "");
    const lines = events[dialect].map((event) => `${named(event)}data: ${JSON.stringify(event)}\n`);
    lines.push(dialect === "openai-chat" ? "data: [DONE]\n" : 'event: message_stop\ndata: {"type":"message_stop"}\n');
    router.providers[dialect].replay({ headers: { "content-type": "text/event-stream" }, body: lines.join("") });
    const whole = lines.map((line) => `${line}\n`).join("");
    const asked = question(dialect, dialect, true);
    const together = await Promise.all([1, 2].map(() => router.ask(dialect, asked)));
    const later = await router.ask(dialect, asked);
    assert.deepEqual(
      [...together, later].map(({ text }) => text),
      [whole, whole, whole],
    );
    assert.deepEqual([later.cache, router.providers[dialect].counts().requests], ["hit", 1]);
  });
}
