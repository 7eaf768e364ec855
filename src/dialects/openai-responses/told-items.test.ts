import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { call, chunksOf, done, eventsOf, message, reasoning, response, saidIn, textOf } from "./testdata/response.ts";

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
  assert.equal(textOf([...eventsOf(), done]), textOf(eventsOf()));
  // Reasoning too, though words were told before it.
  const said = { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "I read ‘ä’." };
  const thoughtDone = { type: "response.output_item.done", output_index: 0, item: reasoning };
  const wordless = { type: "response.completed", response: { ...response, output: [] } };
  for (const events of [[done], [created!, said, done], [created!, said, thoughtDone, wordless]])
    assert.match(textOf(events), /gAAA/);
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

test("pieces that name no item are about the last one", () => {
  const pieces = ["I ", "read."].map((delta) => ({ type: "response.output_text.delta", delta }));
  assert.equal(
    saidIn([...pieces, { type: "response.completed", response: { ...response, output: [] } }]).text,
    "I read.",
  );
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
