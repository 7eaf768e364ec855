/** What a provider says of its tier of service decides the price, in both dialects, streamed or not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { clientOf, moneySettings, startProvider } from "./money-router.ts";

interface Records {
  readonly records: readonly { readonly costUsd: number; readonly serviceTier: string | null }[];
}

const usage = { input_tokens: 1_000, output_tokens: 100 };
const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: "end_turn" };
const chat = { id: "c", object: "chat.completion", model: "m", created: 1 };
const choice = { index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" };
const chatUsage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };

const sse = (...events: readonly object[]): string =>
  events
    .map((event) => `event: ${(event as { type?: string }).type ?? "message"}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");

const chunks = (...parts: readonly object[]): string =>
  parts.map((part) => `data: ${JSON.stringify({ ...chat, object: "chat.completion.chunk", ...part })}\n\n`).join("") +
  "data: [DONE]\n\n";

const cases = [
  {
    title: "Anthropic, whole",
    kind: "anthropic",
    contentType: "application/json",
    body: (tier: string) => JSON.stringify({ ...message, usage: { ...usage, service_tier: tier } }),
  },
  {
    title: "Anthropic, streamed",
    kind: "anthropic",
    contentType: "text/event-stream",
    body: (tier: string) =>
      sse(
        { type: "message_start", message: { ...message, stop_reason: null, usage: { ...usage, service_tier: tier } } },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 100 } },
        { type: "message_stop" },
      ),
  },
  {
    // The speed is no tier at Anthropic, but has a price of its own.
    title: "Anthropic, by its speed",
    kind: "anthropic",
    contentType: "text/event-stream",
    premium: "fast",
    body: (speed: string) =>
      sse(
        { type: "message_start", message: { ...message, stop_reason: null, usage: { ...usage, speed } } },
        {
          type: "message_delta",
          delta: { stop_reason: "end_turn" },
          usage: { output_tokens: 100, service_tier: "standard" },
        },
        { type: "message_stop" },
      ),
  },
  {
    title: "OpenAI, whole",
    kind: "openai",
    contentType: "application/json",
    body: (tier: string) => JSON.stringify({ ...chat, service_tier: tier, choices: [choice], usage: chatUsage }),
  },
  {
    title: "OpenAI, streamed",
    kind: "openai",
    contentType: "text/event-stream",
    body: (tier: string) =>
      chunks(
        { service_tier: tier, choices: [{ index: 0, delta: { role: "assistant", content: "hi" } }] },
        { service_tier: tier, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
        { service_tier: tier, choices: [], usage: chatUsage },
      ),
  },
  {
    // What is asked for (`auto`) may stand in the first chunk, what was served beside the usage.
    title: "OpenAI, streamed, told at the end",
    kind: "openai",
    contentType: "text/event-stream",
    body: (tier: string) =>
      chunks(
        { service_tier: "auto", choices: [{ index: 0, delta: { role: "assistant", content: "hi" } }] },
        { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
        { service_tier: tier, choices: [], usage: chatUsage },
      ),
  },
] as const;

for (const { title, kind, contentType, body, ...rest } of cases) {
  const premium = "premium" in rest ? rest.premium : "priority";
  test(`${title}: a call served as ${premium} costs what is stated for it, one served as usual the usual`, async (t) => {
    const provider = await createSimulatedProvider({ kind });
    t.after(() => provider.close());
    const unused = await startProvider(t);
    const settings = moneySettings(unused, {
      providers: { sim: { kind, baseUrl: provider.baseUrl, apiKey: "secret" } },
      prices: {
        overrides: [
          { model: "*", inputUsdPerMillion: 2, outputUsdPerMillion: 10 },
          { model: "*", serviceTier: premium, multiplier: 2.5 },
        ],
      },
    });
    const router = await startLocalRouter(t, settings);
    const { call, askJson } = clientOf(router.url);
    for (const tier of [premium, "standard"]) {
      provider.replay({ headers: { "content-type": contentType }, body: body(tier) });
      const answer = await call({ model: "sim/m", stream: contentType === "text/event-stream" });
      await answer.text();
      assert.equal(answer.status, 200);
    }
    const records = await waitUntil("both are recorded", async () => {
      const { records: found } = await askJson<Records>("/api/costs/records");
      return found.length === 2 ? found : null;
    });
    const byTier = new Map(records.map(({ serviceTier, costUsd }) => [serviceTier, costUsd]));
    assert.equal(byTier.get(null), 0.003);
    assert.equal(byTier.get(premium), 0.0075);
  });
}
