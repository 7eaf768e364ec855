import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json.ts";
import type { JsonObject } from "../../../core/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { toChatRequest } from "./request.ts";

function traitsOf(traits: Partial<TargetTraits> = {}): TargetTraits {
  return { ...defaultTraits({ provider: "acme", model: "m" }), ...traits };
}

function sent(request: JsonObject, traits?: Partial<TargetTraits>): JsonObject {
  const messages = [{ role: "user", content: "Hi" }];
  return toChatRequest({ model: "claude", max_tokens: 9000, messages, ...request }, traitsOf(traits)).body;
}

function messages(list: JsonObject[], traits?: Partial<TargetTraits>): JsonObject[] {
  return toJsonArray(sent({ messages: list }, traits)["messages"]).map(toJsonObject);
}

const use = (id: string): JsonObject => ({ type: "tool_use", id, name: "Read", input: {} });
const result = (id: string, content: JsonObject["x"] = "ok"): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  ...(content !== undefined && { content }),
});
const image: JsonObject = { type: "image", source: { type: "base64", media_type: "image/png", data: "AA" } };
const imagePart = { type: "image_url", image_url: { url: "data:image/png;base64,AA" } };

test("all results of a turn stand directly behind its calls, whatever came between them", () => {
  const seen = messages([
    { role: "assistant", content: [use("a"), use("b")] },
    { role: "system", content: "mode changed" },
    { role: "user", content: [{ type: "text", text: "first" }, result("b")] },
    { role: "user", content: [result("a"), { type: "text", text: "second" }] },
  ]);
  assert.deepEqual(
    seen.map(({ role, tool_call_id, content }) => [role, tool_call_id ?? content]),
    [
      ["assistant", null],
      ["tool", "b"],
      ["tool", "a"],
      ["system", "mode changed"],
      ["user", "first"],
      ["user", "second"],
    ],
  );
});

test("neighbours of the assistant are one turn, so that each of their calls has its one result behind it", () => {
  const seen = messages([
    { role: "assistant", content: "Looking." },
    { role: "assistant", content: [use("a")] },
    { role: "assistant", content: [use("b")] },
    { role: "user", content: [result("a"), result("b")] },
  ]);
  assert.deepEqual(
    seen.map(({ role, tool_call_id, content, tool_calls }) => [
      role,
      tool_call_id ?? content,
      ...toJsonArray(tool_calls).map((call) => toJsonObject(call)["id"]),
    ]),
    [
      ["assistant", "Looking.", "a", "b"],
      ["tool", "a"],
      ["tool", "b"],
    ],
  );
});

test("where a user message may not follow results, the assistant speaks between them, and nowhere else", () => {
  const conversation = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: [use("a")] },
    { role: "user", content: [result("a")] },
    { role: "assistant", content: [use("b")] },
    { role: "user", content: [result("b", [image]), { type: "text", text: "<system-reminder>" }] },
    { role: "assistant", content: "Done" },
    { role: "user", content: "Thanks" },
    { role: "assistant", content: [use("c")] },
    { role: "user", content: "Stop" },
  ];
  const rolesAt = (hasUserAfterTool: boolean): string =>
    messages(conversation, { hasUserAfterTool })
      .map(({ role }) => (role === "tool" ? "t" : role === "user" ? "u" : "a"))
      .join("");
  assert.equal(rolesAt(true), "uatatuauatu");
  assert.equal(rolesAt(false), "uatatauauatau");
});

test("where system messages become the user's, the user speaks once between two answers", () => {
  const seen = messages(
    [
      { role: "user", content: "Hi" },
      { role: "system", content: "# Environment" },
      { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "" }] },
      { role: "user", content: [image, { type: "text", text: "And?" }] },
      { role: "assistant", content: "So" },
      { role: "user", content: "Go on" },
      { role: "system", content: "# Mode" },
    ],
    { hasMidConversationSystem: false },
  );
  const text = (text: string): JsonObject => ({ type: "text", text });
  assert.deepEqual(seen, [
    {
      role: "user",
      content: [text("Hi"), text("<system>\n# Environment\n</system>"), imagePart, text("And?")],
    },
    { role: "assistant", content: "So" },
    { role: "user", content: "Go on\n\n<system>\n# Mode\n</system>" },
  ]);
});

test("Claude Code's attribution is left out of the prompt, and nothing but that line", () => {
  const line = "x-anthropic-billing-header: cc_version=2.1; cch=1;";
  const prompt = (system: JsonObject["x"]): JsonObject["x"] => {
    const [first] = toJsonArray(sent({ system: system ?? "" })["messages"]).map(toJsonObject);
    return first?.["role"] === "system" ? first["content"] : null;
  };
  const block = (text: string): JsonObject => ({ type: "text", text });
  assert.equal(prompt(`${line}\nBe short.\n\nBe kind.`), "Be short.\n\nBe kind.");
  assert.equal(prompt(`${line}\r\n\r\nBe short.`), "Be short.");
  assert.equal(prompt([block(`${line}\nBe short.`), block("Be kind.")]), "Be short.\n\nBe kind.");
  assert.equal(prompt([block(line), block("Be kind.")]), "Be kind.");
  assert.equal(prompt(line), null);
  assert.equal(prompt(`Say\n${line}`), `Say\n${line}`);
});

test("a conversation that says nothing is refused, as Anthropic does", () => {
  for (const empty of [[], "Hi", [{ role: "user", content: "" }]]) {
    assert.throws(
      () => sent({ messages: empty }),
      (error) => error instanceof GatewayError && error.code === "caller_invalid_request",
    );
  }
});

test("content that is neither text nor blocks is refused, not passed over", () => {
  const hello = { role: "user", content: "Hi" };
  const block: JsonObject = { type: "text", text: "a" };
  const calls = { role: "assistant", content: [use("a")] };
  for (const list of [
    [hello, { role: "user", content: block }],
    [hello, { role: "user", content: 5 }],
    [hello, calls, { role: "user", content: [result("a", block)] }],
  ]) {
    assert.throws(
      () => sent({ messages: list }),
      (error) => error instanceof GatewayError && error.code === "caller_invalid_request",
    );
  }
});

test("images of results come in a user message behind all results, before the turn's own content", () => {
  const seen = messages([
    { role: "assistant", content: [use("a"), use("b")] },
    { role: "user", content: [result("a", [image]), result("b"), { type: "text", text: "look" }] },
  ]);
  assert.deepEqual(
    seen.map(({ role }) => role),
    ["assistant", "tool", "tool", "user"],
  );
  assert.equal(seen[1]?.["content"], "(the content follows)");
  const parts = toJsonArray(seen[3]?.["content"]).map(toJsonObject);
  assert.deepEqual(parts[1], imagePart);
  assert.equal(parts[2]?.["text"], "look");
});

test("what a target cannot see is told in its place", () => {
  const pdf: JsonObject = { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AA" } };
  const [seen] = messages([{ role: "user", content: [image, pdf] }], { hasImages: false });
  assert.equal(
    seen?.["content"],
    "[image left out: this model takes no images]\n\n[document left out: this model takes no files]",
  );
  const url: JsonObject = { type: "image", source: { type: "url", url: "https://a/b.png" } };
  assert.match(
    JSON.stringify(messages([{ role: "user", content: [url] }], { hasImageUrls: false })),
    /loads no URLs: https/,
  );
});

test("plain-text documents come as text under their title", () => {
  const source = { type: "text", media_type: "text/plain", data: "body" };
  const [seen] = messages([{ role: "user", content: [{ type: "document", title: "T", context: "C", source }] }]);
  assert.equal(seen?.["content"], "T\nC\n\nbody");
});

test("a system message between others becomes the user's where the target wants none there", () => {
  const list: JsonObject[] = [
    { role: "user", content: "a" },
    { role: "system", content: [{ type: "text", text: "now", cache_control: { type: "ephemeral" } }] },
  ];
  assert.deepEqual(messages(list, { hasMidConversationSystem: false }), [
    { role: "user", content: "a\n\n<system>\nnow\n</system>" },
  ]);
  assert.equal(messages(list, { systemRole: "developer" })[1]?.["role"], "developer");
});

test("max_tokens never passes the model's limit, nor half of a context of which only that is known", () => {
  assert.equal(sent({}, { maxOutputTokens: 4096 })["max_tokens"], 4096);
  assert.equal(sent({}, { contextTokens: 8192 })["max_tokens"], 4096);
  assert.equal(sent({}, { contextTokens: 200_000, maxOutputTokens: 64_000 })["max_tokens"], 9000);
  assert.equal(sent({}, { tokenLimitField: "max_completion_tokens" })["max_completion_tokens"], 9000);
});

test("thinking is asked for as the target wants to be asked", () => {
  const on = { thinking: { type: "enabled", budget_tokens: 20_000 } };
  const off = { thinking: { type: "disabled" } };
  const effort = { thinking: { type: "adaptive" }, output_config: { effort: "max" } };
  const openrouter = { reasoningRequest: { kind: "openrouter" } } as const;
  const alibaba = { reasoningRequest: { kind: "enable-thinking" } } as const;
  const deepseek = { reasoningRequest: { kind: "thinking-switch" } } as const;
  const openai = { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] } } as const;
  assert.deepEqual(sent(on, openrouter)["reasoning"], { max_tokens: 8999 });
  assert.deepEqual(sent(effort, openrouter)["reasoning"], { effort: "xhigh" });
  assert.deepEqual(sent(off, openrouter)["reasoning"], { effort: "none" });
  assert.deepEqual([sent(on, alibaba)["enable_thinking"], sent(on, alibaba)["thinking_budget"]], [true, 8999]);
  assert.equal(sent(off, alibaba)["enable_thinking"], false);
  assert.deepEqual(sent(effort, deepseek)["thinking"], { type: "enabled" });
  assert.deepEqual(sent(off, deepseek)["thinking"], { type: "disabled" });
  assert.equal(sent(on, openai)["reasoning_effort"], "medium");
  assert.equal(sent(effort, openai)["reasoning_effort"], "high");
  assert.equal(sent(off, openai)["reasoning_effort"], "low");
  assert.equal(sent({ thinking: { type: "adaptive" } }, openai)["reasoning_effort"], undefined);
  assert.deepEqual(Object.keys(sent(on)), ["model", "messages", "max_tokens"]);
});

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

test("a last message of the assistant is followed by the user's where the target refuses it", () => {
  const messages = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "So" },
  ];
  const last = (hasPrefill: boolean): unknown => toJsonArray(sent({ messages }, { hasPrefill })["messages"]).at(-1);
  assert.deepEqual(last(false), { role: "user", content: "Continue." });
  assert.deepEqual(last(true), { role: "assistant", content: "So" });
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

test("a format is asked for in words where the target has no structured output", () => {
  const format = { type: "json_schema", schema: { type: "object", properties: {} } };
  const body = sent({ system: "S", output_config: { format } }, { hasStructuredOutput: false });
  assert.equal(body["response_format"], undefined);
  assert.match(JSON.stringify(toJsonArray(body["messages"])[0]), /S\\n\\nAnswer with one JSON document/);
});

test("beside the words JSON mode is asked for where the target has that, and where an object is wanted", () => {
  const formatOf = (type: string): unknown => {
    const format = { type: "json_schema", schema: { type } };
    const traits = { hasStructuredOutput: false, hasJsonMode: true };
    const body = sent({ output_config: { format } }, traits);
    assert.match(JSON.stringify(toJsonArray(body["messages"])[0]), /Answer with one JSON document/);
    return body["response_format"];
  };
  assert.deepEqual([formatOf("object"), formatOf("array")], [{ type: "json_object" }, undefined]);
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

test("a value of a format's schema has its type, which Anthropic's clients leave out and strict mode wants", () => {
  const values = { a: { enum: ["x", "y"] }, b: { const: 1 }, c: { anyOf: [{ enum: [true, null] }] } };
  const schema = { type: "object", properties: values, required: ["a", "b", "c"], additionalProperties: false };
  const body = sent({ output_config: { format: { type: "json_schema", schema } } });
  const { strict, schema: asked } = toJsonObject(toJsonObject(body["response_format"])["json_schema"]);
  assert.equal(strict, true);
  assert.deepEqual(toJsonObject(asked)["properties"], {
    a: { enum: ["x", "y"], type: "string" },
    b: { const: 1, type: "number" },
    c: { anyOf: [{ enum: [true, null], type: ["boolean", "null"] }] },
  });
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

test("what would be wrong to leave out is refused", () => {
  const search = { type: "web_search_20250305", name: "web_search" };
  const own = { name: "Read", input_schema: { type: "object" } };
  const refused: [JsonObject, Partial<TargetTraits>?][] = [
    [{ tools: [search] }],
    [{ tools: [search, own], tool_choice: { type: "tool", name: "web_search" } }],
    [{ tools: [own], tool_choice: { type: "any" } }, { hasTools: false }],
    [{ messages: [{ role: "user", content: [result("a")] }] }, { hasTools: false }],
    [{ mcp_servers: [{ name: "x" }] }],
  ];
  for (const [request, traits] of refused) {
    assert.throws(
      () => sent(request, traits),
      (error) => error instanceof GatewayError && error.code === "caller_unsupported_content",
    );
  }
  assert.equal(toJsonArray(sent({ tools: [search, own] })["tools"]).length, 1);
  assert.equal(sent({ tools: [own] }, { hasTools: false })["tools"], undefined);
});

test("all deferred tools are sent where the client has no search of its own", () => {
  const hidden = { name: "Hidden", defer_loading: true, input_schema: { type: "object" } };
  const server = { type: "tool_search_tool_regex_20251119", name: "tool_search_tool_regex" };
  assert.equal(toJsonArray(sent({ tools: [server, hidden] })["tools"]).length, 1);
});
