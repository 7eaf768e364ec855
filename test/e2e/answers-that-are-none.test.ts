/** Whole answers under status 200 that are none: cut under a proper end of HTTP, or another thing altogether. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import { shortRequest, startCaseRouter } from "../conformance/case-router.ts";
import type { CaseRouter } from "../conformance/case-router.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { post, question, simulate } from "./provider-pair.ts";

const dialects = ["anthropic-messages", "openai-chat"] as const;

const wholes: Readonly<Record<Dialect, string>> = {
  "anthropic-messages":
    '{"type":"message","content":[{"type":"text","text":"{ü}"},{"type":"tool_use","id":"t","name":"f","input":{}}],"stop_reason":"tool_use"}',
  "openai-chat":
    '{"choices":[{"message":{"content":"{ü}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
};

/** What each pair of dialects tells of it, streamed or not: status, code and message. */
async function tell(router: CaseRouter, provider: Dialect, body: string, type = "application/json"): Promise<string[]> {
  const told: string[] = [];
  for (const client of dialects) {
    for (const isStreaming of [true, false]) {
      router.providers[provider].replay({ headers: { "content-type": type }, body });
      const view = await router.ask(client, shortRequest(client, provider, isStreaming));
      const record = (await router.records([view.callId])).get(view.callId)!;
      told.push(`${view.status} ${record.outcome} ${record.errorCode} ${record.errorMessage}`);
    }
  }
  return [...new Set(told)];
}

test("an answer cut under a proper end is a cut answer wherever it was cut, not a wrong address", async (t) => {
  const router = await startCaseRouter(t);
  for (const provider of dialects) {
    const whole = wholes[provider];
    for (const length of [1, 40, whole.indexOf("}") + 1, whole.lastIndexOf("}", whole.length - 2) + 1]) {
      const told = await tell(router, provider, whole.slice(0, length));
      assert.deepEqual(told, ["502 error provider_cut_answer the provider's answer ends in the middle"]);
    }
  }
});

test("a stream that ends early is a cut answer for a client that wants the whole one, too", async (t) => {
  const router = await startCaseRouter(t);
  const begun = {
    "openai-chat": 'data: {"choices":[{"index":0,"delta":{"content":"So"}}]}\n\n',
    "anthropic-messages":
      'event: message_start\ndata: {"type":"message_start","message":{"id":"m","role":"assistant","content":[]}}\n\n',
  };
  for (const [client, provider] of [dialects, dialects.toReversed()] as [Dialect, Dialect][]) {
    router.providers[provider].replay({ headers: { "content-type": "text/event-stream" }, body: begun[provider] });
    const view = await router.ask(client, shortRequest(client, provider, false));
    const record = (await router.records([view.callId])).get(view.callId)!;
    assert.deepEqual([view.status, record.errorCode], [502, "provider_cut_answer"]);
  }
});

test("an object that holds no answer is none, and reaches no client as one", async (t) => {
  const router = await startCaseRouter(t);
  for (const provider of dialects) {
    const told = await tell(router, provider, '{"status":"ok"}');
    assert.ok(
      told.every((one) => one.startsWith("502 error provider_bad_answer ")),
      told.join("\n"),
    );
  }
});

test("an error with nothing but a `detail` (FastAPI) or a `message` is told in the provider's words, streamed and whole", async (t) => {
  const router = await startCaseRouter(t);
  const list = '{"detail":[{"loc":["body","model"],"msg":"field required"}]}';
  for (const provider of dialects) {
    for (const [document, words] of [
      ['{"detail":"Not authenticated"}', "Not authenticated"],
      [list, "model: field required"],
      ['{"message":"Sorry","request_id":"r"}', "Sorry"],
    ] as const) {
      const streamed = await tell(router, provider, `data: ${document}\n\ndata: [DONE]\n\n`, "text/event-stream");
      assert.deepEqual(
        [...streamed, ...(await tell(router, provider, document))],
        Array(2).fill(`502 error provider_failed ${words}`),
      );
    }
  }
});

test("a stream that comes to its end without an answer in it is none, and another target may give one", async (t) => {
  const router = await startCaseRouter(t);
  for (const provider of dialects) {
    for (const payload of [
      '{"status":"ok"}',
      '{"status":"queued","message":"Soon"}',
      "Internal error",
      '"Internal error"',
      "[DONE]",
    ]) {
      const told = await tell(router, provider, `data: ${payload}\n\ndata: [DONE]\n\n`, "text/event-stream");
      for (const one of told) assert.match(one, /^502 error provider_cut_answer /, payload);
    }
  }
});

test("a list that holds an error is that error", async (t) => {
  const router = await startCaseRouter(t);
  const error = '[{"error":{"code":503,"message":"Too busy","status":"UNAVAILABLE"}}]';
  assert.deepEqual(await tell(router, "openai-chat", error), ["529 error provider_overloaded Too busy"]);
});

test("an error under status 200 is tried again where its status would be, and nowhere else", async (t) => {
  const provider = await simulate(t, "anthropic");
  const router = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "a" } },
    retries: { attemptsPerTarget: 2, baseDelayMs: 1 },
  });
  for (const [type, attempts] of [
    ["not_found_error", "1"],
    ["request_too_large", "1"],
    ["permission_error", "1"],
    ["overloaded_error", "2"],
    ["timeout_error", "2"],
    ["api_error", "2"],
  ]) {
    const body = `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"Sorry"}}\n\n`;
    provider.replay({ headers: { "content-type": "text/event-stream" }, body });
    const answer = await post(router, { model: "claude-sonnet-4-5", stream: true, ...question });
    assert.equal(answer.headers.get("x-ccr-attempts"), attempts, type);
  }
});
