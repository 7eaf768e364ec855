/** Versions of Anthropic's API, and what only its servers do: through the whole router. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { toJsonObject } from "../../src/core/json/json.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";

const messages = [{ role: "user" as const, content: "How are you?" }];

test("a client's version of the API goes on, and a request of the other dialect goes out in one that takes its temperature", async (t) => {
  const providers = await runSimulatedProviders();
  t.after(() => providers.close());
  const router = await startLocalRouter(t, providers.configuration);
  const versions = (): unknown[] => providers.anthropic.requests.map(({ headers }) => headers["anthropic-version"]);
  const anthropic = new Anthropic({ baseURL: router.url, apiKey: "any", maxRetries: 0 });
  await anthropic.messages.create({ model: "claude-haiku-4-5", max_tokens: 64, messages });
  assert.deepEqual(versions(), ["2026-10-21"]);
  const openai = new OpenAI({ baseURL: `${router.url}/v1`, apiKey: "any", maxRetries: 0 });
  await openai.chat.completions.create({ model: "claude-haiku-4-5", temperature: 0.2, messages });
  assert.deepEqual(versions(), ["2026-10-21", "2023-06-01"]);
});

test("a summary of the conversation is asked for where one is written, and refused elsewhere; counting its tokens is not", async (t) => {
  const providers = await runSimulatedProviders();
  t.after(() => providers.close());
  const router = await startLocalRouter(t, providers.configuration);
  const post = (path: string, model: string): Promise<Response> =>
    fetch(`${router.url}/v1/messages${path}`, {
      method: "POST",
      headers: { "anthropic-version": "2026-10-21", "anthropic-beta": "compact-2026-09-04" },
      body: JSON.stringify({ model, max_tokens: 64, messages, compaction: { type: "summarize" } }),
    });
  await post("", "anthropic/claude-opus-5-5");
  assert.deepEqual(toJsonObject(providers.anthropic.requests[0]?.body)["compaction"], { type: "summarize" });
  const refused = await post("", "openai/gpt-4.1");
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /compaction: openai writes no summaries/);
  assert.equal(providers.openai.requests.length, 0);
  assert.equal((await post("/count_tokens", "openai/gpt-4.1")).status, 200);
});
