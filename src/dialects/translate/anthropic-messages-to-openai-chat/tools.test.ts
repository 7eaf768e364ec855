/** How tools, and a choice among them, reach a target that has less than Anthropic. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { toChatRequest } from "./request.ts";
import { sent, traitsOf } from "./test-request.ts";

test("thinking that is switched is off beside a forced tool, which targets that think by themselves refuse", () => {
  const askedBy = (kind: "thinking-switch" | "enable-thinking" | "effort", type: string): JsonObject => {
    const tool_choice = { type, name: "f" };
    const reasoningRequest = { kind, efforts: ["none", "high"] };
    const body = sent({ tools: [{ name: "f" }], tool_choice, output_config: { effort: "high" } }, { reasoningRequest });
    const { thinking, enable_thinking, reasoning_effort } = body;
    return JSON.parse(JSON.stringify({ thinking, enable_thinking, reasoning_effort }));
  };
  for (const forced of ["any", "tool"]) {
    assert.deepEqual(askedBy("thinking-switch", forced), { thinking: { type: "disabled" } });
    assert.deepEqual(askedBy("enable-thinking", forced), { enable_thinking: false });
    assert.deepEqual(askedBy("effort", forced), { reasoning_effort: "high" });
  }
  assert.deepEqual(askedBy("thinking-switch", "auto"), {});
  const reasoningRequest = { kind: "effort", efforts: ["none", "high"] } as const;
  const request = { tools: [{ name: "f" }], tool_choice: { type: "any" }, output_config: { effort: "high" } };
  const body = sent(request, { reasoningRequest, toolChoices: "forced-unthinking" });
  assert.deepEqual([body["reasoning_effort"], body["tool_choice"]], ["none", "required"]);
});

test("where no call can be forced, auto is sent with the tool that is wanted, and noted", () => {
  const ask = (tool_choice: JsonObject, toolChoices: "unforced" | "auto"): unknown => {
    const tools = [{ name: "f" }, { name: "g" }];
    const request = { model: "claude", max_tokens: 9, messages: [{ role: "user", content: "Hi" }], tools, tool_choice };
    const { body, notes } = toChatRequest(request, traitsOf({ toolChoices, reasoningRequest: { kind: "none" } }));
    const names = toJsonArray(body["tools"]).map((tool) => toJsonObject(toJsonObject(tool)["function"])["name"]);
    return [body["tool_choice"], names, notes];
  };
  for (const toolChoices of ["unforced", "auto"] as const) {
    assert.deepEqual(ask({ type: "any" }, toolChoices), [
      "auto",
      ["f", "g"],
      ["tool_choice any: sent as auto, the model takes no other"],
    ]);
    const named = ["auto", ["g"], ["tool_choice tool: sent as auto, the model takes no other"]];
    assert.deepEqual(ask({ type: "tool", name: "g" }, toolChoices), named);
    assert.deepEqual(ask({ type: "auto" }, toolChoices), ["auto", ["f", "g"], []]);
  }
  assert.deepEqual(ask({ type: "none" }, "unforced"), ["none", ["f", "g"], []]);
  assert.deepEqual(ask({ type: "none" }, "auto"), [
    undefined,
    [],
    ["tool_choice none: tools are left out, the model takes no other"],
  ]);
});

test("strict output is asked for only where every object is closed and complete, and no more is said than it knows", () => {
  const strictOf = (schema: JsonObject): unknown => {
    const body = sent({ output_config: { format: { type: "json_schema", schema } } });
    return toJsonObject(toJsonObject(body["response_format"])["json_schema"])["strict"];
  };
  const closedWith = (a: JsonObject): JsonObject => {
    return { type: "object", properties: { a }, required: ["a"], additionalProperties: false };
  };
  const text = { type: "string" };
  const closed = closedWith(text);
  assert.equal(strictOf({ $schema: "https://json-schema.org/draft/2020-12/schema", ...closed }), true);
  for (const known of [{ ...text, format: "date" }, { anyOf: [text, { type: "null" }] }, { enum: ["x"] }])
    assert.equal(strictOf(closedWith(known)), true);
  const format = "uri";
  for (const refused of [{ ...text, format }, { oneOf: [text] }, { allOf: [text] }, { ...text, default: "" }, {}])
    assert.equal(strictOf(closedWith(refused)), undefined);
  assert.equal(strictOf(closedWith({ type: ["object", "null"] })), undefined);
  assert.equal(strictOf({ ...closed, required: [] }), undefined);
  assert.equal(strictOf({ ...closed, properties: { a: { type: "array", items: { type: "object" } } } }), undefined);
});

test("a choice among tools is noted as left out where there are none, if that loses something", () => {
  const notesOf = (type: string): readonly string[] => {
    const messages = [{ role: "user", content: "Hi" }];
    const tool_choice = { type, name: "f" };
    return toChatRequest({ model: "claude", max_tokens: 9, messages, tool_choice }, traitsOf()).notes;
  };
  for (const type of ["any", "tool"]) assert.deepEqual(notesOf(type), ["tool_choice: left out, there are no tools"]);
  for (const type of ["auto", "none"]) assert.deepEqual(notesOf(type), []);
});

test("all deferred tools are sent where the client has no search of its own", () => {
  const hidden = { name: "Hidden", defer_loading: true, input_schema: { type: "object" } };
  const server = { type: "tool_search_tool_regex_20251119", name: "tool_search_tool_regex" };
  assert.equal(toJsonArray(sent({ tools: [server, hidden] })["tools"]).length, 1);
});
