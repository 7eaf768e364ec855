/** Output limits that a model's reasoning uses up before its first word. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readRecords } from "../kit/recorded-calls.ts";
import { openStream } from "../kit/sse-client.ts";
import { model, startResponsesRouter } from "./responses-router.ts";

const oneToken = { model, max_tokens: 1, messages: [{ role: "user" as const, content: "Hi" }] };

test("the one token that Claude Code asks a model for is answered where OpenAI has no room for a word", async (t) => {
  const { openai, anthropicClient, ledgerPath } = await startResponsesRouter(t);
  const { data, response } = await anthropicClient.messages.create(oneToken).withResponse();
  assert.deepEqual([data.content, data.stop_reason, data.usage.output_tokens], [[], "max_tokens", 1]);
  assert.ok(data.usage.input_tokens > 0);
  assert.equal(openai.counts().requests, 1);
  const id = response.headers.get("x-ccr-request-id")!;
  const { attempts, usage, isUsageEstimated, errorCode } = (await readRecords(ledgerPath, [id])).get(id)!;
  assert.deepEqual([attempts.map(({ status }) => status), errorCode], [[400], null]);
  assert.ok(isUsageEstimated && usage!.uncachedInput > 0 && usage!.output === 1);
});

test("so is it as a stream", async (t) => {
  const { router } = await startResponsesRouter(t);
  const stream = await openStream(`${router.url}/v1/messages`, { ...oneToken, stream: true });
  assert.equal(await stream.ended, "whole");
  assert.deepEqual(
    stream.events.map(({ event }) => event),
    ["message_start", "message_delta", "message_stop"],
  );
});

test("a client of the OpenAI dialect gets the provider's own refusal", async (t) => {
  const { openaiClient } = await startResponsesRouter(t);
  const { max_tokens, ...asked } = oneToken;
  await assert.rejects(
    openaiClient.chat.completions.create({ ...asked, max_completion_tokens: max_tokens }),
    /400 Could not finish the message because max_tokens or model output limit was reached/,
  );
});
