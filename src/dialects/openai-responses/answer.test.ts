import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type OpenAI from "openai";
import { toText } from "../../core/json.ts";
import type { JsonObject } from "../../core/json.ts";
import { wholeOfStream } from "../reshape.ts";
import { toChatCompletion } from "./answer.ts";
import { createResponsesStream } from "./stream.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

const usage = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 800, cache_write_tokens: 0 },
  output_tokens: 90,
  output_tokens_details: { reasoning_tokens: 50 },
  total_tokens: 1090,
};
const reasoning = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "First." },
    { type: "summary_text", text: "Second." },
  ],
  encrypted_content: "gAAA",
};
const message = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "I read ‘ä’.", annotations: [] }],
};
const call = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "Read",
  arguments: '{"path":"a"}',
  status: "completed",
};
const response: JsonObject = {
  id: "resp_1",
  object: "response",
  created_at: 1_700_000_000,
  model: "gpt-6-sol-2026-10-01",
  service_tier: "default",
  status: "completed",
  error: null,
  incomplete_details: null,
  output: [reasoning, message, call],
  usage,
};

/** The events that tell `response`, each part of a text by a few letters. */
function eventsOf(): JsonObject[] {
  return [
    { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
    { type: "keepalive" },
    { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id: "rs_1", summary: [] } },
    { type: "response.reasoning_summary_part.added", item_id: "rs_1", output_index: 0, summary_index: 0 },
    { type: "response.reasoning_summary_text.delta", item_id: "rs_1", output_index: 0, summary_index: 0, delta: "Fir" },
    { type: "response.reasoning_summary_text.delta", item_id: "rs_1", output_index: 0, summary_index: 0, delta: "st." },
    { type: "response.reasoning_summary_part.added", item_id: "rs_1", output_index: 0, summary_index: 1 },
    {
      type: "response.reasoning_summary_text.delta",
      item_id: "rs_1",
      output_index: 0,
      summary_index: 1,
      delta: "Second.",
    },
    { type: "response.output_item.done", output_index: 0, item: reasoning },
    { type: "response.output_item.added", output_index: 1, item: { ...message, content: [] } },
    { type: "response.output_text.delta", item_id: "msg_1", output_index: 1, content_index: 0, delta: "I read" },
    { type: "response.output_text.delta", item_id: "msg_1", output_index: 1, content_index: 0, delta: " ‘ä’." },
    { type: "response.output_item.done", output_index: 1, item: message },
    { type: "response.output_item.added", output_index: 2, item: { ...call, arguments: "" } },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"path"' },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: ':"a"}' },
    { type: "response.output_item.done", output_index: 2, item: call },
    { type: "response.completed", response },
  ];
}

/** Types of events are OpenAI's own, but for the signs of life, which its types do not know. */
const knownTypes: readonly (StreamEvent["type"] | "keepalive")[] = [
  "response.created", "response.output_item.added", "response.reasoning_summary_part.added",
  "response.reasoning_summary_text.delta", "response.output_item.done", "response.output_text.delta",
  "response.function_call_arguments.delta", "response.completed", "keepalive",
]; // prettier-ignore

function sse(events: readonly JsonObject[]): Buffer {
  return Buffer.from(
    events.map((event) => `event: ${toText(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
  );
}

function textOf(events: readonly JsonObject[], asksUsage = true): string {
  const stream = createResponsesStream("openai", asksUsage);
  return stream.push(sse(events)) + stream.end();
}

function chunksOf(events: readonly JsonObject[], asksUsage = true): JsonObject[] {
  const lines = textOf(events, asksUsage)
    .split("\n\n")
    .filter((line) => line !== "" && line !== "data: [DONE]");
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as JsonObject);
}

function whole(more: JsonObject = {}): JsonObject {
  const bytes = toChatCompletion(Buffer.from(JSON.stringify({ ...response, ...more })), "openai");
  return JSON.parse(bytes.toString()) as JsonObject;
}

test("a whole response is a completion: reasoning, words, calls, counts", () => {
  const format = "openai-responses-v1";
  const place = { format, provider: "openai", id: "rs_1" };
  assert.deepEqual(whole(), {
    id: "resp_1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "gpt-6-sol-2026-10-01",
    service_tier: "default",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: "I read ‘ä’.",
          refusal: null,
          reasoning: "First.\n\nSecond.",
          reasoning_details: [
            { type: "reasoning.summary", summary: "First.", ...place, index: 0 },
            { type: "reasoning.summary", summary: "Second.", ...place, index: 1 },
            { type: "reasoning.encrypted", data: "gAAA", ...place, index: 2 },
          ],
          tool_calls: [{ id: "call_1", type: "function", function: { name: "Read", arguments: '{"path":"a"}' } }],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ],
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 90,
      total_tokens: 1090,
      prompt_tokens_details: { cached_tokens: 800, cache_write_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 50 },
    },
  });
});

test("a stream folds into the same message as the whole response, wherever its bytes are cut", () => {
  assert.ok(eventsOf().every(({ type }) => (knownTypes as readonly unknown[]).includes(type)));
  const bytes = sse(eventsOf());
  const messageOf = (completion: JsonObject | null): JsonObject =>
    (completion!["choices"] as JsonObject[])[0]!["message"] as JsonObject;
  const { reasoning_details: _, ...expected } = messageOf(whole());
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const ends = [...cuts, bytes.length].sort((left, right) => left - right);
      const stream = createResponsesStream("openai", true);
      const text = ends.map((end, index) => stream.push(bytes.subarray(ends[index - 1] ?? 0, end))).join("");
      const folded = wholeOfStream("openai-chat", Buffer.from(text + stream.end()));
      const { reasoning_details, ...said } = messageOf(folded);
      assert.deepEqual(said, expected);
      assert.equal(JSON.stringify(reasoning_details).includes("gAAA"), true);
      assert.deepEqual(folded?.["usage"], whole()["usage"]);
    }),
  );
});

test("an answer without a word is one, and each piece says what is known of the answer by then", () => {
  const [created] = eventsOf();
  const served = { ...response, service_tier: "flex", output: [] };
  const chunks = chunksOf([created!, { type: "response.completed", response: served }], false);
  const deltas = chunks.map((chunk) => (chunk["choices"] as JsonObject[])[0]!["delta"]);
  assert.deepEqual(deltas, [{ role: "assistant", content: "" }, {}, {}]);
  assert.deepEqual([chunks[0]!["service_tier"], chunks.at(-1)!["service_tier"]], ["flex", "flex"]);
});

test("each part of a thought has a number of its own, whatever it is", () => {
  const details = chunksOf(eventsOf())
    .flatMap((chunk) =>
      (chunk["choices"] as JsonObject[]).map(({ delta }) => (delta as JsonObject)["reasoning_details"] ?? []),
    )
    .flat() as JsonObject[];
  assert.deepEqual(
    details.map(({ type, index }) => [type, index]),
    [
      ["reasoning.summary", 1],
      ["reasoning.summary", 1],
      ["reasoning.summary", 2],
      ["reasoning.encrypted", 3],
    ],
  );
});

test("nothing is told before the model's first word: another target may still serve the call", () => {
  assert.deepEqual(chunksOf(eventsOf().slice(0, 4)), []);
  assert.notEqual(chunksOf(eventsOf().slice(0, 5)).length, 0);
  // Encrypted reasoning says nothing to a client: it goes out with what it led to.
  const [created, , thought, , , , , , thoughtDone] = eventsOf();
  assert.deepEqual(chunksOf([created!, thought!, thoughtDone!]), []);
});

test("counts come in a chunk of their own where they are asked for, else with the last one", () => {
  const asked = chunksOf(eventsOf()).at(-1)!;
  assert.deepEqual([asked["choices"], asked["usage"] !== undefined], [[], true]);
  const notAsked = chunksOf(eventsOf(), false).at(-1)!;
  assert.equal((notAsked["choices"] as JsonObject[])[0]!["finish_reason"], "tool_calls");
  assert.deepEqual(notAsked["usage"], asked["usage"]);
});

test("an answer that was cut short says why", () => {
  const finishOf = (more: JsonObject): unknown => (whole(more)["choices"] as JsonObject[])[0]!["finish_reason"];
  const incomplete = (reason: string): JsonObject => ({ status: "incomplete", incomplete_details: { reason } });
  assert.equal(finishOf(incomplete("max_output_tokens")), "length");
  assert.equal(finishOf(incomplete("content_filter")), "content_filter");
  assert.equal(finishOf({ output: [message] }), "stop");
  const cut = [
    ...eventsOf().slice(0, -1),
    { type: "response.incomplete", response: { ...response, ...incomplete("max_output_tokens") } },
  ];
  assert.equal((chunksOf(cut, false).at(-1)!["choices"] as JsonObject[])[0]!["finish_reason"], "length");
});

/** The text and the calls of a stream's chunks. */
function saidIn(events: readonly JsonObject[]): { readonly text: string; readonly calls: readonly unknown[] } {
  const folded = wholeOfStream("openai-chat", Buffer.from(textOf(events)));
  const { content, tool_calls } = (folded!["choices"] as JsonObject[])[0]!["message"] as JsonObject;
  const calls = ((tool_calls ?? []) as JsonObject[]).map(({ id, function: called }) => [
    id,
    (called as JsonObject)["arguments"],
  ]);
  return { text: toText(content), calls };
}

const done = { type: "response.completed", response };

test("what comes without its pieces is told when it is whole, once", () => {
  const expected = { text: "I read ‘ä’.", calls: [["call_1", '{"path":"a"}']] };
  const [created] = eventsOf();
  const textDone = {
    type: "response.output_text.done",
    item_id: "msg_1",
    output_index: 1,
    content_index: 0,
    text: "I read ‘ä’.",
  };
  const messageDone = { type: "response.output_item.done", output_index: 1, item: message };
  const callDone = { type: "response.output_item.done", output_index: 2, item: call };
  for (const events of [
    [done],
    [created!, done],
    [created!, textDone, messageDone, callDone, done],
    [created!, messageDone, callDone, done],
    [created!, callDone, messageDone, done],
    eventsOf(),
    [...eventsOf(), done],
  ])
    assert.deepEqual(saidIn(events), expected);
  assert.match(textOf([done]), /gAAA/);
});

test("calls are told apart by id or place, whichever a server sends", () => {
  const item = (n: number): JsonObject => ({ ...call, id: `fc_${n}`, call_id: `call_${n}`, arguments: `{"n":${n}}` });
  const added = (n: number, place: JsonObject): JsonObject => ({
    type: "response.output_item.added",
    item: { ...item(n), arguments: "" },
    ...place,
  });
  const piece = (n: number, place: JsonObject): JsonObject => ({
    type: "response.function_call_arguments.delta",
    delta: `{"n":${n}}`,
    ...place,
  });
  const ended = (n: number, place: JsonObject): JsonObject => ({
    type: "response.output_item.done",
    item: item(n),
    ...place,
  });
  const end = { type: "response.completed", response: { ...response, output: [item(1), item(2), item(3)] } };
  const calls = [1, 2, 3].map((n) => [`call_${n}`, `{"n":${n}}`]);
  const byId = (n: number): JsonObject => ({ item_id: `fc_${n}` });
  const byPlace = (n: number): JsonObject => ({ output_index: n });
  const zero = (n: number): JsonObject => ({ item_id: `fc_${n}`, output_index: 0 });
  for (const place of [byId, byPlace, zero]) {
    const numbers = [1, 2, 3];
    const interleaved = [
      ...numbers.map((n) => added(n, place(n))),
      ...numbers.map((n) => piece(n, place(n))),
      ...numbers.map((n) => ended(n, place(n))),
      end,
    ];
    assert.deepEqual(saidIn(interleaved).calls, calls);
    assert.deepEqual(saidIn([...numbers.map((n) => ended(n, place(n))), end]).calls, calls);
  }
  // Ids that change from event to event; events that name nothing at all.
  const changing = [1, 2, 3].flatMap((n) => [
    added(n, { output_index: n, item_id: `a${n}` }),
    piece(n, { output_index: n, item_id: `b${n}` }),
    ended(n, { output_index: n, item_id: `c${n}` }),
  ]);
  assert.deepEqual(saidIn([...changing, end]).calls, calls);
  const nameless = [1, 2, 3].flatMap((n) => [added(n, {}), piece(n, {}), ended(n, {})]);
  assert.deepEqual(saidIn([...nameless, end]).calls, calls);
});

test("messages of one answer are paragraphs, in the whole and in the stream", () => {
  const other = { ...message, id: "msg_2", content: [{ type: "output_text", text: "Then.", annotations: [] }] };
  const output = [message, other];
  const text = "I read ‘ä’.\n\nThen.";
  assert.equal(((whole({ output })["choices"] as JsonObject[])[0]!["message"] as JsonObject)["content"], text);
  const delta = (id: string, place: number, piece: string): JsonObject => ({
    type: "response.output_text.delta",
    item_id: id,
    output_index: place,
    content_index: 0,
    delta: piece,
  });
  const events = [
    delta("msg_1", 1, "I read"),
    delta("msg_1", 1, " ‘ä’."),
    delta("msg_2", 2, "Th"),
    delta("msg_2", 2, "en."),
  ];
  assert.equal(saidIn([...events, { type: "response.completed", response: { ...response, output } }]).text, text);
});

test("an end is a response's own: neither [DONE] nor silence makes an answer whole, and nothing comes after it", () => {
  const stream = createResponsesStream("openai", true);
  const cut = stream.push(sse(eventsOf().slice(0, -1))) + stream.push(Buffer.from("data: [DONE]\n\n")) + stream.end();
  assert.doesNotMatch(cut, /\[DONE\]|finish_reason":"/);
  const twice = createResponsesStream("openai", true);
  const text = twice.push(sse(eventsOf())) + twice.push(Buffer.from("data: [DONE]\n\n")) + twice.end();
  assert.equal(text.split("[DONE]").length, 2);
});

test("a failure is an error, in the whole and in the stream", () => {
  const error = { code: "server_error", message: "It broke." };
  const expected = { error: { message: "It broke.", type: "server_error", param: null, code: "server_error" } };
  assert.deepEqual(whole({ status: "failed", error, output: [] }), expected);
  assert.deepEqual(chunksOf([{ type: "response.failed", response: { ...response, status: "failed", error } }]), [
    expected,
  ]);
  assert.deepEqual(chunksOf([{ type: "error", ...error, param: null, sequence_number: 3 }]), [expected]);
  const typeOf = (code: string | null): unknown =>
    (chunksOf([{ type: "error", code, message: "No." }])[0]!["error"] as JsonObject)["type"];
  for (const code of ["invalid_prompt", "context_length_exceeded", "image_too_large", "cyber_policy"])
    assert.equal(typeOf(code), "invalid_request_error", code);
  for (const code of ["rate_limit_exceeded", "insufficient_quota", "slow_down"]) assert.equal(typeOf(code), code);
  assert.equal(typeOf(null), "server_error");
  const nested = (fields: JsonObject): JsonObject =>
    chunksOf([{ type: "error", error: { message: "No.", ...fields } }])[0]!;
  const typed = { type: "invalid_request_error", code: "string_above_max_length" };
  assert.equal((nested(typed)["error"] as JsonObject)["type"], "invalid_request_error");
  assert.equal((nested({ type: "rate_limit_error", code: null })["error"] as JsonObject)["type"], "rate_limit_error");
  assert.equal(
    (nested({ type: "tokens", code: "rate_limit_exceeded" })["error"] as JsonObject)["type"],
    "rate_limit_exceeded",
  );
  // Without a type of its own (LiteLLM, vLLM); named by the event alone.
  assert.equal(
    (chunksOf([{ error: { message: "No.", code: "server_error" } }])[0]!["error"] as JsonObject)["message"],
    "No.",
  );
  const named = createResponsesStream("openai", true);
  assert.match(named.push(Buffer.from('event: error\ndata: {"error":{"message":"Named."}}\n\n')), /Named/);
});

test("a response that failed without a reason waits for one, and one that is over may have failed", () => {
  const failed = { type: "response.failed", response: { ...response, status: "failed", error: null } };
  const reason = { type: "error", code: "rate_limit_exceeded", message: "Slow down." };
  const messageOf = (events: readonly JsonObject[]): unknown =>
    (chunksOf(events).at(-1)!["error"] as JsonObject)["message"];
  assert.equal(messageOf([failed, reason]), "Slow down.");
  assert.equal(messageOf([failed]), "The response failed.");
  for (const status of ["failed", "cancelled"]) {
    assert.equal(
      messageOf([{ type: "response.completed", response: { ...response, status, error: null } }]),
      "The response failed.",
    );
    assert.equal((whole({ status, output: [] })["error"] as JsonObject)["message"], "The response failed.");
  }
  const costly = chunksOf([
    ...eventsOf().slice(0, -1),
    { type: "response.failed", response: { ...response, status: "failed", error: { message: "It broke." } } },
  ]);
  assert.deepEqual(costly.at(-2)!["usage"], whole()["usage"]);
});

test("calls that come in one piece, of custom tools, or after a refusal are told whole", () => {
  const custom = { type: "custom_tool_call", id: "ctc_1", call_id: "call_2", name: "patch", input: "x" };
  const chunks = chunksOf([
    eventsOf()[0]!,
    { type: "response.refusal.delta", delta: "No." },
    { type: "response.output_item.done", output_index: 1, item: call },
    { type: "response.output_item.added", output_index: 2, item: { ...custom, input: "" } },
    { type: "response.custom_tool_call_input.delta", output_index: 2, delta: "x" },
    { type: "response.output_item.done", output_index: 2, item: custom },
  ]);
  const deltas = chunks.map((chunk) => (chunk["choices"] as JsonObject[])[0]!["delta"]);
  assert.deepEqual(deltas.slice(1), [
    { refusal: "No." },
    { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "Read", arguments: "" } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"path":"a"}' } }] },
    { tool_calls: [{ index: 1, id: "call_2", type: "custom", custom: { name: "patch", input: "" } }] },
    { tool_calls: [{ index: 1, custom: { input: "x" } }] },
  ]);
});

test("bytes that are no response pass as they are", () => {
  for (const text of ["no json", "[]", '{"object":"list"}']) {
    assert.equal(toChatCompletion(Buffer.from(text), "openai").toString(), text);
  }
});
