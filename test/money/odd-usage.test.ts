/** What a provider leaves uncounted, or counts wrongly, is estimated: never free, never beyond what a call can cost. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { readRecords } from "../kit/recorded-calls.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { clientOf, moneySettings, startProvider } from "./money-router.ts";

/** 3,600 characters: a thousand tokens, as the router guesses; the provider counts 800. */
const pieces = Array.from({ length: 20 }, () => "word ".repeat(36));
const text = pieces.join("");

const message = { id: "msg_1", type: "message", role: "assistant", model: "m" };
const chat = { id: "c", object: "chat.completion.chunk", model: "m", created: 1 };

const event = (data: { readonly type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

/** `undefined` leaves the usage out. */
function anthropicStream(first: unknown, last: unknown): string {
  return [
    { type: "message_start", message: { ...message, content: [], stop_reason: null, usage: first } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...pieces.map((piece) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: piece },
    })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: last },
    { type: "message_stop" },
  ]
    .map(event)
    .join("");
}

function chatStream(first: unknown, last: unknown): string {
  const chunks = [
    { choices: [{ index: 0, delta: { role: "assistant", content: "" } }], usage: first },
    ...pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    { choices: [], usage: last },
  ];
  return `${chunks.map((chunk) => `data: ${JSON.stringify({ ...chat, ...chunk })}\n\n`).join("")}data: [DONE]\n\n`;
}

function anthropicWhole(usage: unknown): string {
  return JSON.stringify({ ...message, content: [{ type: "text", text }], stop_reason: "end_turn", usage });
}

function chatWhole(usage: unknown): string {
  const choices = [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }];
  return JSON.stringify({ ...chat, object: "chat.completion", choices, usage });
}

/** `input`: what is charged for the prompt, null for the router's estimate; `output` likewise. */
interface Case {
  readonly title: string;
  readonly body: string;
  readonly input: number | null;
  readonly output: number | null;
}

const cases: readonly Case[] = [
  { title: "no usage", body: anthropicWhole(undefined), input: null, output: null },
  { title: "nulls", body: anthropicWhole({ input_tokens: null, output_tokens: null }), input: null, output: null },
  { title: "zeros", body: anthropicWhole({ input_tokens: 0, output_tokens: 0 }), input: null, output: null },
  {
    title: "negative counts",
    body: anthropicWhole({ input_tokens: -1, output_tokens: -1 }),
    input: null,
    output: null,
  },
  { title: "no prompt", body: anthropicWhole({ output_tokens: 800 }), input: null, output: 800 },
  { title: "no output", body: anthropicWhole({ input_tokens: 1_000 }), input: 1_000, output: null },
  {
    title: "a prompt that cannot be",
    body: anthropicWhole({ input_tokens: 1e15, output_tokens: 800 }),
    input: null,
    output: 800,
  },
  { title: "digits", body: anthropicWhole({ input_tokens: "1000", output_tokens: "800" }), input: 1_000, output: 800 },
  {
    title: "a stream counted at its beginning alone",
    body: anthropicStream({ input_tokens: 1_000, output_tokens: 1 }, undefined),
    input: 1_000,
    output: null,
  },
  {
    title: "a stream counted at its end alone",
    body: anthropicStream(undefined, { input_tokens: 1_000, output_tokens: 800 }),
    input: 1_000,
    output: 800,
  },
  {
    title: "a stream whose prompt nobody counts",
    body: anthropicStream({ input_tokens: 0, output_tokens: 0 }, { output_tokens: 800 }),
    input: null,
    output: 800,
  },
  { title: "chat: no prompt", body: chatWhole({ completion_tokens: 800 }), input: null, output: 800 },
  {
    title: "chat: a prompt that the total shows",
    body: chatWhole({ completion_tokens: 800, total_tokens: 1_800 }),
    input: 1_000,
    output: 800,
  },
  {
    title: "chat: a total that cannot be",
    body: chatWhole({ prompt_tokens: 1_000, completion_tokens: 800, total_tokens: 1e12 }),
    input: 1_000,
    output: 800,
  },
  {
    title: "chat: a stream counted at its beginning alone",
    body: chatStream({ prompt_tokens: 1_000, completion_tokens: 1 }, undefined),
    input: 1_000,
    output: null,
  },
  {
    title: "chat: a stream counted at its end alone",
    body: chatStream(undefined, { prompt_tokens: 1_000, completion_tokens: 800 }),
    input: 1_000,
    output: 800,
  },
];

for (const kind of ["anthropic", "openai"] as const) {
  test(`${kind}: what is counted is charged as counted, what is not is estimated and marked so`, async (t) => {
    const provider = await createSimulatedProvider({ kind });
    t.after(() => provider.close());
    const unused = await startProvider(t);
    const providers = { sim: { kind, baseUrl: provider.baseUrl, apiKey: "secret" } };
    const sqlitePath = join(createTemporaryFolder(t), "ledger.sqlite");
    const router = await startLocalRouter(t, moneySettings(unused, { providers, ledger: { sqlitePath } }));
    const told = new Map<string, Case>();
    for (const one of cases) {
      const { title, body } = one;
      if (title.startsWith("chat: ") !== (kind === "openai")) continue;
      const stream = !body.startsWith("{");
      provider.replay({ headers: { "content-type": stream ? "text/event-stream" : "application/json" }, body });
      const answer = await clientOf(router.url).call({ model: "sim/m", stream });
      await answer.text();
      told.set(answer.headers.get("x-ccr-request-id")!, one);
    }
    for (const [id, { usage, isUsageEstimated }] of await readRecords(sqlitePath, told.keys())) {
      const { title, input, output } = told.get(id)!;
      assert.equal(isUsageEstimated, input === null || output === null, title);
      assert.equal(usage?.output, output ?? 1_000, title);
      if (input === null) assert.ok(usage !== null && usage.uncachedInput > 10 && usage.uncachedInput < 100, title);
      else assert.equal(usage?.uncachedInput, input, title);
    }
  });
}
