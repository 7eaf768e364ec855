import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import type { StreamedError } from "../answer-facts.ts";
import { maxToolCalls } from "../excerpt-bounds.ts";
import { readAnthropicEvent } from "./events.ts";
import type { AnthropicEvent } from "./events.ts";
import { StreamExcerpt } from "./excerpt.ts";
import { emptyFactsState, factsOfAnthropicMessage, reduceFacts } from "./facts.ts";

const error: AnthropicEvent = { kind: "error", error: { type: "api_error", message: "x", status: 500 } };

test("an answer with an error in it never counts as complete, whatever follows", () => {
  const events: AnthropicEvent[] = [
    error,
    { kind: "message-delta", delta: { stop_reason: "end_turn" }, usage: {} },
    { kind: "message-stop" },
  ];
  assert.equal(events.reduce(reduceFacts, emptyFactsState).facts.isComplete, false);
});

test("events that tell nothing leave the state as it is", () => {
  for (const event of [{ kind: "ping" }, { kind: "unknown", type: "x" }] as AnthropicEvent[]) {
    assert.equal(reduceFacts(emptyFactsState, event), emptyFactsState);
  }
});

test("a payload that is no JSON makes an answer incomplete, after its end it takes nothing away", () => {
  const stop: AnthropicEvent = { kind: "message-delta", delta: { stop_reason: "end_turn" }, usage: {} };
  const before = [{ kind: "malformed" }, stop] as AnthropicEvent[];
  const facts = before.reduce(reduceFacts, emptyFactsState).facts;
  assert.equal(facts.isComplete, false);
  assert.match(facts.error?.message ?? "", /no JSON/);
  const after = [stop, { kind: "malformed" }] as AnthropicEvent[];
  assert.equal(after.reduce(reduceFacts, emptyFactsState).facts.isComplete, true);
});

test("a whole error body gives its error, a message without a stop reason is not complete", () => {
  assert.equal(factsOfAnthropicMessage({ type: "error", error: { type: "overloaded_error" } }).error?.status, 529);
  assert.equal(factsOfAnthropicMessage({ id: "m", content: [] }).isComplete, false);
});

test("an error is told by whatever form says it: flat, without a type, with a status as its code", () => {
  const forms: [JsonObject, StreamedError][] = [
    [
      { type: "error", message: "flat" },
      { type: null, message: "flat", status: null },
    ],
    [{ error: { message: "slow", type: "None", code: "429" } }, { type: "None", message: "slow", status: 429 }],
    [
      { code: 500, msg: "404 NOT_FOUND", success: false },
      { type: null, message: "404 NOT_FOUND", status: 500 },
    ],
    [
      { type: "error", error: { type: "overloaded_error", message: "full" } },
      { type: "overloaded_error", message: "full", status: 529 },
    ],
  ];
  for (const [body, error] of forms) {
    assert.deepEqual(factsOfAnthropicMessage(body).error, error);
    assert.deepEqual(readAnthropicEvent(JSON.stringify(body)), { kind: "error", error });
  }
});

test("of tool calls without end the first are known, and their inputs", () => {
  const excerpt = new StreamExcerpt();
  let state = emptyFactsState;
  for (let index = 0; index < 5_000; index++) {
    const block = { type: "tool_use", id: `t${index}`, name: "f", input: { index } };
    const event: AnthropicEvent = { kind: "block-start", index, block };
    state = reduceFacts(state, event);
    excerpt.read(event);
  }
  assert.equal(state.facts.toolCalls.length, maxToolCalls);
  assert.equal(excerpt.inputJson(maxToolCalls - 1), `{"index":${maxToolCalls - 1}}`);
  assert.equal(excerpt.inputJson(maxToolCalls), null);
});
