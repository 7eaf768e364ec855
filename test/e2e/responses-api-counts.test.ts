/** Counts of answers by the Responses API, as each client wants them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { openStream } from "../kit/sse-client.ts";
import { bashFunction, model, question, startResponsesRouter } from "./responses-router.ts";

test("a stream ends with a chunk of counts for who asks for it, and for nobody else", async (t) => {
  const { router } = await startResponsesRouter(t);
  const lastChunks = async (more: object): Promise<JsonObject[]> => {
    const body = { model, messages: [question], tools: [bashFunction], stream: true, ...more };
    const { events, ended } = await openStream(`${router.url}/v1/chat/completions`, body);
    await ended;
    return events.slice(-3, -1).map(({ data }) => JSON.parse(data) as JsonObject);
  };
  const choicesOf = (chunks: JsonObject[]): number[] => chunks.map(({ choices }) => (choices as unknown[]).length);
  assert.deepEqual(choicesOf(await lastChunks({ stream_options: { include_usage: true } })), [1, 0]);
  const [, last] = await lastChunks({});
  assert.deepEqual(choicesOf([last!]), [1]);
  assert.ok(last!["usage"] !== undefined);
});

test("answers that are kept or shared have their counts as each client wants them", async (t) => {
  const { router } = await startResponsesRouter(t, ({ baseUrl }) => ({
    providers: { openai: { baseUrl, apiKey: "a" } },
    cache: { enabled: true, rules: [{ cache: true }] },
  }));
  const countsOf = async (more: object): Promise<readonly [unknown, number, boolean]> => {
    const body = { model, messages: [question], tools: [bashFunction], stream: true, ...more };
    const { events, ended, headers } = await openStream(`${router.url}/v1/chat/completions`, body);
    await ended;
    const chunks = events.filter(({ data }) => data !== "[DONE]").map(({ data }) => JSON.parse(data) as JsonObject);
    const empty = chunks.filter(({ choices }) => (choices as unknown[]).length === 0);
    return [headers["x-ccr-cache"], empty.length, chunks.some(({ usage }) => (usage ?? null) !== null)];
  };
  const asking = { stream_options: { include_usage: true } };
  assert.deepEqual(await countsOf({}), ["miss", 0, true]);
  assert.deepEqual(await countsOf(asking), ["hit", 1, true]);
  const [, empty] = await countsOf({});
  assert.equal(empty, 0);
});
