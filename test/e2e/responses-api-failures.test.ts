/** What fails at the Responses API: reasoning that cannot be read, streams that break, used-up credit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { openStream } from "../kit/sse-client.ts";
import { readRecords } from "../kit/recorded-calls.ts";
import { asked, bodyOf, inputTypes, model, question, startResponsesRouter, withResult } from "./responses-router.ts";

test("reasoning that the provider cannot read any more is left out, and the call goes on", async (t) => {
  const { openai, anthropicClient, ledgerPath } = await startResponsesRouter(t);
  const first = await anthropicClient.messages.create({ ...asked, messages: [question] });
  const [thought, ...rest] = first.content;
  assert.ok(thought?.type === "redacted_thinking");
  const envelope = Buffer.from(thought.data.slice("ccr1.".length), "base64url").toString();
  const damaged = envelope.replace(/"data":"[^"]{8}/, '"data":"damaged-');
  assert.notEqual(damaged, envelope);
  const content = [{ ...thought, data: `ccr1.${Buffer.from(damaged).toString("base64url")}` }, ...rest];
  const { data, response } = await anthropicClient.messages
    .create({ ...asked, messages: withResult(content) })
    .withResponse();
  assert.equal(data.stop_reason, "end_turn");
  assert.ok(!inputTypes(openai).includes("reasoning"));
  const id = response.headers.get("x-ccr-request-id")!;
  const { attempts, notes, usage } = (await readRecords(ledgerPath, [id])).get(id)!;
  assert.deepEqual(
    attempts.map(({ status }) => status),
    [400, 200],
  );
  assert.ok(notes.includes("input: reasoning that the target refused left out"));
  assert.ok(usage!.reasoning > 0 && usage!.output > usage!.reasoning);
});

test("a stream that fails before the model's first word is served by the next target, a later one is told", async (t) => {
  const other = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => other.close());
  const { openai, router } = await startResponsesRouter(t, (openai) => ({
    providers: {
      openai: { baseUrl: openai.baseUrl, apiKey: "a" },
      anthropic: { baseUrl: other.baseUrl, apiKey: "b" },
    },
    aliases: { m: [`openai/${model}`, "anthropic/claude-sonnet-4-5"] },
  }));
  const request = { ...asked, model: "m", messages: [question], stream: true };
  openai.behave({ fault: { kind: "error-event", afterFrames: 2, status: 500 } });
  const early = await openStream(`${router.url}/v1/messages`, request);
  assert.equal(await early.ended, "whole");
  assert.equal(early.headers["x-ccr-provider"], "anthropic");
  openai.behave({ fault: { kind: "error-event", afterFrames: 12, status: 500 } });
  const late = await openStream(`${router.url}/v1/messages`, request);
  await late.ended;
  assert.equal(late.headers["x-ccr-provider"], "openai");
  assert.equal(late.events.at(-1)?.event, "error");
});

for (const [status, words] of [
  [404, "Item with id 'rs_1' not found."],
  [422, "The encrypted content gAAA could not be verified."],
  [200, "The encrypted content gAAA could not be verified."],
] as const) {
  test(`reasoning that is refused under ${status} is left out, too`, async (t) => {
    const { openai, anthropicClient } = await startResponsesRouter(t);
    const first = await anthropicClient.messages.create({ ...asked, messages: [question] });
    const error = { type: "invalid_request_error", code: "invalid_encrypted_content", message: words };
    openai.replay({
      status,
      headers: { "content-type": status === 200 ? "text/event-stream" : "application/json" },
      body: status === 200 ? `data: ${JSON.stringify({ type: "error", error })}\n\n` : JSON.stringify({ error }),
    });
    const second = anthropicClient.messages.stream({ ...asked, messages: withResult(first.content) });
    assert.equal((await second.finalMessage()).stop_reason, "end_turn");
    assert.ok(!inputTypes(openai).includes("reasoning"));
    assert.deepEqual(bodyOf(openai)["include"], ["reasoning.encrypted_content"]);
  });
}

test("a model that encrypts nothing is asked once more without", async (t) => {
  const { openai, anthropicClient } = await startResponsesRouter(t);
  const message = "Encrypted content is not supported with this model.";
  openai.replay({
    status: 400,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error: { message } }),
  });
  await anthropicClient.messages.create({ ...asked, messages: [question] });
  assert.deepEqual([openai.requests.length, bodyOf(openai)["include"]], [2, undefined]);
});

for (const [code, message, status, told] of [
  ["context_length_exceeded", "Your input exceeds the context window of this model.", 400, /prompt is too long/],
  ["insufficient_quota", "You exceeded your current quota.", 502, /quota/],
  ["invalid_prompt", "Invalid prompt: we've limited access to this content.", 400, /Invalid prompt/],
] as const) {
  test(`a failure that comes as an event before the first word has its own status (${code})`, async (t) => {
    const { openai, router } = await startResponsesRouter(t);
    const response = { id: "resp_1", object: "response", status: "failed", error: { code, message }, output: [] };
    const event = (type: string): string => `event: ${type}\ndata: ${JSON.stringify({ type, response })}\n\n`;
    openai.replay({
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: event("response.created") + event("response.failed"),
    });
    const answer = await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({ ...asked, messages: [question], stream: true }),
    });
    assert.equal(answer.status, status);
    assert.match(await answer.text(), told);
    assert.equal(openai.requests.length, 1);
  });
}

test("used-up credit that an event tells of makes its key rest, and another one is asked at once", async (t) => {
  const { openai, router } = await startResponsesRouter(t, ({ baseUrl }) => ({
    providers: { openai: { baseUrl, keys: ["first", "second"] } },
  }));
  const error = { code: "insufficient_quota", message: "You exceeded your current quota." };
  const data = JSON.stringify({ type: "response.failed", response: { id: "resp_1", status: "failed", error } });
  const failing = { status: 200, headers: { "content-type": "text/event-stream" }, body: `data: ${data}\n\n` };
  openai.replay(failing);
  const body = JSON.stringify({ ...asked, messages: [question], stream: true });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body });
  assert.equal(answer.status, 200);
  await answer.text();
  const keys = openai.requests.map(({ headers }) => headers["authorization"]);
  assert.deepEqual(keys.sort(), ["Bearer first", "Bearer second"]);
  // The first key rests: only the second one is asked.
  openai.replay(failing);
  assert.equal((await fetch(`${router.url}/v1/messages`, { method: "POST", body })).status, 502);
  assert.equal(openai.requests.length, 3);
});
