import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import OpenAI from "openai";
import type {
  ResponseCreateParamsNonStreaming,
  ResponseInput,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { toJsonObject } from "../../core/json/json.ts";
import type { BehaviourChange } from "../behaviour.ts";
import { createSimulatedProvider } from "../create-simulated-provider.ts";

async function start(t: TestContext, behaviour: BehaviourChange = {}) {
  const provider = await createSimulatedProvider({ kind: "openai", behaviour });
  t.after(() => provider.close());
  const openai = new OpenAI({ baseURL: provider.baseUrl, apiKey: "sk-test", maxRetries: 0 });
  return { provider, openai };
}

const tools = ["Bash", "Read"].map((name) => ({
  type: "function" as const,
  name,
  strict: false,
  parameters: { type: "object" },
}));

const question = '[[think:Hm\n\nwell]] [[tool:Bash {"command":"ls"}]]&[[tool:Read {"path":"a"}]] [[say:I look.]]';

const thinking = {
  model: "gpt-5.2",
  input: question,
  tools,
  store: false,
  reasoning: { effort: "low", summary: "auto" },
  include: ["reasoning.encrypted_content"],
} satisfies ResponseCreateParamsNonStreaming;

async function readEvents(openai: OpenAI, asked: ResponseCreateParamsNonStreaming): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of await openai.responses.create({ ...asked, stream: true })) events.push(event);
  return events;
}

/** Types in their order, each run of deltas as one. */
function outline(events: readonly ResponseStreamEvent[]): string[] {
  return events
    .map(({ type }) => type)
    .filter((type, index) => !type.endsWith("delta") || events[index - 1]?.type !== type);
}

describe("the simulated Responses API", () => {
  test("answers with thoughts, text and calls, and takes them back with the outputs", async (t) => {
    const { provider, openai } = await start(t);
    const first = await openai.responses.create(thinking);
    assert.deepEqual(
      first.output.map(({ type }) => type),
      ["reasoning", "message", "function_call", "function_call"],
    );
    const [thought] = first.output;
    assert.ok(thought?.type === "reasoning" && thought.encrypted_content);
    assert.deepEqual(
      thought.summary.map(({ text }) => text),
      ["Hm", "well"],
    );
    assert.equal(first.output_text, "I look.");
    const usage = first.usage;
    assert.ok(usage && usage.output_tokens_details.reasoning_tokens > 0);
    assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
    const outputs = first.output.flatMap((item) =>
      item.type === "function_call"
        ? [{ type: "function_call_output" as const, call_id: item.call_id, output: `${item.name} done` }]
        : [],
    );
    const next = await openai.responses.create({
      ...thinking,
      input: [{ role: "user", content: question }, ...(first.output as ResponseInput), ...outputs],
    });
    assert.deepEqual([next.status, next.output.map(({ type }) => type)], ["completed", ["reasoning", "message"]]);
    assert.deepEqual(
      provider.requests.map(({ path, body }) => [path, toJsonObject(body)["model"]]),
      [
        ["/v1/responses", "gpt-5.2"],
        ["/v1/responses", "gpt-5.2"],
      ],
    );
  });

  test("streams the same answer in numbered events", async (t) => {
    const { openai } = await start(t);
    const events = await readEvents(openai, thinking);
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      events.map((_, index) => index),
    );
    const summary =
      "reasoning_summary_part.added reasoning_summary_text.delta reasoning_summary_text.done reasoning_summary_part.done";
    const text = "content_part.added output_text.delta output_text.done content_part.done";
    const call = "function_call_arguments.delta function_call_arguments.done";
    const items = [`${summary} ${summary}`, text, call, call].map(
      (item) => `output_item.added ${item} output_item.done`,
    );
    const told = `created in_progress ${items.join(" ")} completed`.split(" ");
    assert.deepEqual(
      outline(events),
      told.map((type) => `response.${type}`),
    );
    const folded = await openai.responses.stream(thinking).finalResponse();
    assert.deepEqual(
      folded.output.map((item) => (item.type === "function_call" ? item.arguments : item.type)),
      ["reasoning", "message", '{"command":"ls"}', '{"path":"a"}'],
    );
  });

  test("hides thoughts unless asked for them", async (t) => {
    const { openai } = await start(t);
    const { output } = await openai.responses.create({ model: "gpt-5.2", input: "Hi" });
    assert.ok(output[0]?.type === "reasoning");
    assert.deepEqual([output[0].summary, output[0].encrypted_content], [[], undefined]);
    const silent = await openai.responses.create({ model: "gpt-5.2", input: "Hi", reasoning: { effort: "none" } });
    assert.equal(silent.output[0]?.type, "message");
  });

  test("says where the token limit cut it, and declines in a part of its own", async (t) => {
    const { openai } = await start(t);
    const asked = { model: "gpt-4o", input: "[[tokens:90]]", max_output_tokens: 16 };
    const events = await readEvents(openai, asked);
    const last = events.at(-1);
    assert.ok(last?.type === "response.incomplete");
    assert.deepEqual(last.response.incomplete_details, { reason: "max_output_tokens" });
    const refusal = (await readEvents(openai, { model: "gpt-4o", input: "[[refuse]]" })).at(-1);
    assert.ok(refusal?.type === "response.completed" && refusal.response.output[0]?.type === "message");
    assert.equal(refusal.response.output[0].content[0]?.type, "refusal");
  });

  test("counts a prompt that it has seen as cached", async (t) => {
    const { openai } = await start(t);
    const asked = { model: "gpt-4o", instructions: "word ".repeat(2000), input: "Hi" };
    await openai.responses.create(asked);
    const again = await openai.responses.create(asked);
    assert.ok((again.usage?.input_tokens_details.cached_tokens ?? 0) > 1024);
  });

  test("fails before and within an answer as its behaviour says, and replays recordings", async (t) => {
    const { provider, openai } = await start(t);
    const asked = { model: "gpt-4o", input: "Hi" };
    provider.behaveNext({ fault: { kind: "status", status: 500 } });
    await assert.rejects(openai.responses.create(asked), { status: 500, type: "server_error" });
    provider.behaveNext({ fault: { kind: "error-event", afterFrames: 3, status: 500 } });
    await assert.rejects(readEvents(openai, asked), { code: "server_error", type: "error" });
    provider.behaveNext({ fault: { kind: "error-event", afterFrames: 3, status: 500 } });
    const raw = await openai.responses.create({ ...asked, stream: true }).asResponse();
    assert.match(await raw.text(), /\nevent: error\ndata: \{"type":"error","sequence_number":3,"code":"server_error",/);
    provider.replay({ payloads: ['{"type":"response.created"}'] });
    const replayed = await openai.responses.create({ ...asked, stream: true }).asResponse();
    assert.equal(await replayed.text(), 'event: response.created\ndata: {"type":"response.created"}\n\n');
  });

  test("refuses in the words of OpenAI's errors, in the same body as Chat Completions", async (t) => {
    const { openai } = await start(t, { contextTokens: 100 });
    const asked = { model: "gpt-4o", input: "word ".repeat(200) };
    await assert.rejects(openai.responses.create(asked), { status: 400, code: "context_length_exceeded" });
    const few = openai.responses.create({ model: "gpt-4o", input: "Hi", max_output_tokens: 1 });
    await assert.rejects(few, { status: 400, type: "invalid_request_error", param: "max_output_tokens" });
  });
});
