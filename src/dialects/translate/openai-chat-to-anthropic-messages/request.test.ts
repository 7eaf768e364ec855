import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { GatewayError } from "../../../core/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { translateRequest } from "./request.ts";

const traits = { ...defaultTraits({ provider: "p", model: "m" }), hasFiles: true };
const user: JsonObject = { role: "user", content: "Hi" };

function refusalOf(body: JsonObject, changed: Partial<TargetTraits> = {}): string {
  try {
    translateRequest({ messages: [user], ...body }, { ...traits, ...changed });
    return "taken";
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    return error.code;
  }
}

const withPart = (part: JsonObject): JsonObject => ({ messages: [{ role: "user", content: [part] }] });
const image = (url: string): JsonObject => withPart({ type: "image_url", image_url: { url } });
const file = (fields: JsonObject): JsonObject => withPart({ type: "file", file: fields });

test("what the target cannot take is refused, not left out", () => {
  const png = "data:image/png;base64,QUJD";
  const pdf = { file_data: "data:application/pdf;base64,QUJD" };
  assert.equal(refusalOf(image(png)), "taken");
  assert.equal(refusalOf(image(png), { hasImages: false }), "caller_unsupported_content");
  assert.equal(refusalOf(image("https://a.example/b.png")), "taken");
  assert.equal(refusalOf(image("https://a.example/b.png"), { hasImageUrls: false }), "caller_unsupported_content");
  assert.equal(refusalOf(image("http://a.example/b.png")), "caller_unsupported_content");
  assert.equal(refusalOf(image("data:image/svg+xml;base64,QUJD")), "caller_unsupported_content");
  assert.equal(refusalOf(file(pdf)), "taken");
  assert.equal(refusalOf(file(pdf), { hasFiles: false }), "caller_unsupported_content");
  assert.equal(refusalOf(file({ file_id: "file-1" })), "caller_unsupported_content");
  assert.equal(refusalOf(file({ file_data: "data:application/zip;base64,QUJD" })), "caller_unsupported_content");
  assert.equal(refusalOf(withPart({ type: "video_url" })), "caller_unsupported_content");
});

test("what is not well formed is refused with its name", () => {
  const bodies: JsonObject[] = [
    { messages: [] },
    { messages: "Hi" },
    { messages: ["Hi"] },
    { messages: [{ role: "wizard", content: "x" }] },
    { messages: [{ role: "user", content: " " }] },
    { messages: [{ role: "assistant", tool_calls: [{ id: "1" }] }] },
    { max_tokens: 0 },
    { max_tokens: "many" },
    { reasoning_effort: "heroic" },
    { tools: [{ type: "function" }] },
    { tool_choice: "invalid_choice" },
    { tool_choice: { type: "function" } },
  ];
  for (const body of bodies) assert.equal(refusalOf(body), "caller_invalid_request", JSON.stringify(body));
});

test("a text file goes as its text", () => {
  const data = Buffer.from("Grüße").toString("base64");
  const { body } = translateRequest(
    file({ file_data: `data:text/markdown;charset=utf-8;base64,${data}`, filename: "a.md" }),
    traits,
  );
  assert.ok(
    JSON.stringify(body).includes(
      '{"type":"document","source":{"type":"text","media_type":"text/plain","data":"Grüße"},"title":"a.md"}',
    ),
  );
});

test("only the allowed tools are offered", () => {
  const tools = ["f", "g"].map((name) => ({ type: "function", function: { name } }));
  const allowed = { mode: "required", tools: [{ type: "function", function: { name: "g" } }] };
  const { body } = translateRequest(
    { messages: [user], tools, tool_choice: { type: "allowed_tools", allowed_tools: allowed } },
    traits,
  );
  assert.deepEqual(
    toJsonArray(body["tools"]).map((tool) => toJsonObject(tool)["name"]),
    ["g"],
  );
  assert.deepEqual(body["tool_choice"], { type: "any" });
});

test("where none of the allowed tools is offered none is called, and a call that is forced is refused", () => {
  const tools = ["f", "g"].map((name) => ({ type: "function", function: { name } }));
  for (const allowed of [[], [{ type: "function", function: { name: "h" } }]]) {
    const choice = (mode: string): JsonObject => ({
      messages: [user],
      tools,
      tool_choice: { type: "allowed_tools", allowed_tools: { mode, tools: allowed } },
    });
    const { body, notes } = translateRequest(choice("auto"), traits);
    assert.equal(toJsonArray(body["tools"]).length, 2);
    assert.deepEqual(body["tool_choice"], { type: "none" });
    assert.deepEqual(notes, ["`tool_choice` allows none of the tools: none may be called"]);
    assert.equal(refusalOf(choice("required")), "caller_invalid_request");
  }
});

test("a choice among tools is noted as left out where there are none, if that loses something", () => {
  const notesOf = (choice: JsonValue): readonly string[] =>
    translateRequest({ messages: [user], tool_choice: choice }, traits).notes;
  assert.deepEqual(notesOf("required"), ["`tool_choice` left out: there are no tools"]);
  assert.deepEqual(notesOf({ type: "function", function: { name: "f" } }), notesOf("required"));
  for (const choice of ["auto", "none"]) assert.deepEqual(notesOf(choice), []);
});

test("a user's address or telephone number, which the API refuses, goes as its hash", () => {
  const userIdOf = (name: string): unknown =>
    toJsonObject(translateRequest({ messages: [user], user: name }, traits).body["metadata"])["user_id"];
  assert.equal(userIdOf("team-7/ada"), "team-7/ada");
  assert.match(String(userIdOf("ada@example.com")), /^[0-9a-f]{64}$/);
  assert.match(String(userIdOf("+44 (20) 7946-0958")), /^[0-9a-f]{64}$/);
});

test("without a limit the model's own is asked for, or one that any model takes", () => {
  assert.equal(translateRequest({ messages: [user] }, traits).body["max_tokens"], 4_096);
  assert.equal(
    translateRequest({ messages: [user] }, { ...traits, maxOutputTokens: 64_000 }).body["max_tokens"],
    64_000,
  );
});

test("a message whose content is neither text nor parts is refused, not passed over", () => {
  const part = { type: "text", text: "a" };
  for (const content of [part, 5, true]) {
    assert.equal(refusalOf({ messages: [user, { role: "user", content }] }), "caller_invalid_request");
  }
  assert.equal(refusalOf({ messages: [user, { role: "user", content: null }] }), "taken");
});

test("thinking is off beside a forced call at a target that thinks unless it is told not to, and refuses the two together", () => {
  const tools = [{ type: "function", function: { name: "f" } }];
  const unthinking: TargetTraits = {
    ...traits,
    toolChoices: "forced-unthinking",
    thinkingRequest: { kind: "budget" },
  };
  const ask = (tool_choice: string) =>
    translateRequest({ messages: [user], tools, tool_choice, temperature: 0.5, max_tokens: 9_000 }, unthinking).body;
  assert.deepEqual(ask("required")["thinking"], { type: "disabled" });
  assert.equal(ask("required")["temperature"], 0.5);
  assert.equal(ask("auto")["thinking"], undefined);
});

test("where structured output cannot be forced, it is asked for in words", () => {
  const format = { type: "json_schema", json_schema: { name: "n", schema: { type: "object" } } };
  const { body, notes } = translateRequest(
    { messages: [{ role: "system", content: "S" }, user], response_format: format },
    { ...traits, hasStructuredOutput: false },
  );
  assert.equal(toJsonArray(body["system"]).length, 2);
  assert.match(JSON.stringify(body["system"]), /JSON Schema/);
  assert.equal(body["output_config"], undefined);
  assert.equal(notes.length, 1);
});

test("a format's schema goes in the words that structured outputs take, the rest is said in descriptions", () => {
  const text = { type: "string" };
  const properties = {
    choice: { oneOf: [text, { type: "object", properties: { a: text } }], discriminator: { propertyName: "a" } },
    file: { ...text, format: "byte", description: "Its bytes." },
    site: { ...text, format: "uri" },
    none: { type: ["object", "null"], additionalProperties: false },
  };
  const schema = { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object", properties };
  const response_format = { type: "json_schema", json_schema: { name: "n", schema } };
  const { output_config } = translateRequest({ messages: [user], response_format }, traits).body;
  const closed = { type: "object", additionalProperties: false };
  assert.deepEqual(toJsonObject(toJsonObject(output_config)["format"])["schema"], {
    ...closed,
    properties: {
      choice: {
        anyOf: [text, { ...closed, properties: { a: text } }],
        description: '(discriminator: {"propertyName":"a"})',
      },
      file: { ...text, description: 'Its bytes. (format: "byte")' },
      site: { ...text, format: "uri" },
      none: { type: ["object", "null"], additionalProperties: false },
    },
  });
});

test("a schema with a map in it is asked for in words: closed, the map could only be empty", () => {
  const text = { type: "string" };
  const formatOf = (schema: JsonObject) => ({ type: "json_schema", json_schema: { name: "n", schema } });
  const ask = (schema: JsonObject) => translateRequest({ messages: [user], response_format: formatOf(schema) }, traits);
  const map = { type: ["object", "null"], additionalProperties: text };
  const open: JsonObject[] = [
    { type: "object" },
    { type: "object", properties: { map } },
    { type: "array", items: { anyOf: [text, map] } },
    { type: "object", properties: { a: { $ref: "#/$defs/m" } }, $defs: { m: map } },
  ];
  for (const schema of open) {
    const { body, notes } = ask(schema);
    assert.equal(body["output_config"], undefined);
    assert.ok(JSON.stringify(body["system"]).includes(JSON.stringify(JSON.stringify(schema)).slice(1, -1)));
    assert.match(notes.join(), /no object of any keys/);
  }
});

const message: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    role: fc.constantFrom("user", "system", "developer", "assistant"),
    content: fc.constantFrom("a", "b", " ", ""),
  }),
  fc.record({
    role: fc.constant("assistant"),
    content: fc.constantFrom("c", null),
    tool_calls: fc
      .uniqueArray(fc.constantFrom("1", "2", "3.4"), { minLength: 1 })
      .map((ids) => ids.map((id): JsonValue => ({ id, type: "function", function: { name: "f", arguments: "{}" } }))),
  }),
  fc.record({
    role: fc.constant("tool"),
    tool_call_id: fc.constantFrom("1", "2", "3.4"),
    content: fc.constantFrom("r", ""),
  }),
);

/** The API's rules for a conversation, the broken ones. */
function brokenRules(turns: readonly JsonObject[], hasPrefill: boolean): string[] {
  const broken: string[] = [];
  const blocks = (turn: JsonObject | undefined): JsonObject[] => toJsonArray(turn?.["content"]).map(toJsonObject);
  const idsOf = (turn: JsonObject | undefined, type: string, field: string): unknown[] =>
    blocks(turn)
      .filter((block) => block["type"] === type)
      .map((block) => block[field]);
  const allUses = turns.flatMap((turn) => idsOf(turn, "tool_use", "id"));
  if (new Set(allUses).size < allUses.length) broken.push("no id used twice");
  if (turns[0]?.["role"] !== "user") broken.push("begins with the user");
  if (!hasPrefill && turns.at(-1)?.["role"] === "assistant") broken.push("ends where the target may go on");
  for (const [index, turn] of turns.entries()) {
    const previous = turns[index - 1];
    const next = turns[index + 1];
    if (blocks(turn).length === 0) broken.push("no empty turn");
    if (
      blocks(turn).some(
        (block) => block["type"] === "text" && /^\s*$/.test(typeof block["text"] === "string" ? block["text"] : ""),
      )
    )
      broken.push("no blank text");
    if (turn["role"] === previous?.["role"]) broken.push("one turn for neighbours");
    if (turn["role"] === "system" && previous?.["role"] !== "user") broken.push("system after user");
    if (turn["role"] === "system" && next !== undefined && next["role"] !== "assistant")
      broken.push("answer after system");
    const asked = idsOf(previous, "tool_use", "id");
    const answered = idsOf(turn, "tool_result", "tool_use_id");
    if (new Set(answered).size < answered.length) broken.push("one result for each use");
    if (asked.some((id) => !answered.includes(id))) broken.push("every use has its result");
    if (answered.some((id) => !asked.includes(id))) broken.push("every result has its use");
    if (
      blocks(turn)
        .slice(0, answered.length)
        .some((block) => answered.length > 0 && block["type"] !== "tool_result")
    ) {
      broken.push("results first");
    }
  }
  if (idsOf(turns.at(-1), "tool_use", "id").length > 0) broken.push("the last use has its result");
  return broken;
}

test("whatever conversation comes, the API's rules are kept", () => {
  const property = fc.property(
    fc.array(message, { minLength: 1, maxLength: 8 }),
    fc.boolean(),
    fc.boolean(),
    (messages, hasSystem, hasPrefill) => {
      const target = { ...traits, hasMidConversationSystem: hasSystem, hasPrefill };
      let turns: JsonObject[] = [];
      try {
        turns = toJsonArray(translateRequest({ messages }, target).body["messages"]).map(toJsonObject);
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === "caller_invalid_request");
        return;
      }
      assert.deepEqual(brokenRules(turns, hasPrefill), []);
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test("an empty answer after a system message leaves no two questions around it", () => {
  const messages = [user, { role: "developer", content: "Be brief." }, { role: "assistant", content: "" }, user];
  const { body } = translateRequest({ messages }, { ...traits, hasMidConversationSystem: true });
  assert.deepEqual(brokenRules(toJsonArray(body["messages"]).map(toJsonObject), true), []);
});

test("ids that a provider counted anew in each turn are made unique, calls and results alike", () => {
  const use = (content: string): JsonObject[] => [
    { role: "assistant", tool_calls: [{ id: "call_0", type: "function", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "call_0", content },
  ];
  const { body } = translateRequest({ messages: [user, ...use("one"), ...use("two")] }, traits);
  const turns = JSON.stringify(toJsonArray(body["messages"]).slice(3));
  assert.ok(turns.includes('"id":"call_0_2"'), turns);
  assert.ok(turns.includes('"tool_use_id":"call_0_2","content":[{"type":"text","text":"two"}]'), turns);
});

test("ids that differ only in what the API refuses stay apart: each call keeps its own result", () => {
  const ids = ["f.0", "f:0"];
  const calls = ids.map((id): JsonObject => ({ id, type: "function", function: { name: "f", arguments: "{}" } }));
  const results = ids.toReversed().map((id): JsonObject => ({ role: "tool", tool_call_id: id, content: id }));
  const { body } = translateRequest({ messages: [user, { role: "assistant", tool_calls: calls }, ...results] }, traits);
  const blocks = toJsonArray(body["messages"]).map((turn) =>
    toJsonArray(toJsonObject(turn)["content"]).map(toJsonObject),
  );
  const [, uses, answers] = blocks;
  const used = uses!.map(({ id }) => id);
  for (const id of used) assert.match(JSON.stringify(id), /^"[a-zA-Z0-9_-]+"$/);
  assert.deepEqual(
    answers!.map(({ tool_use_id: id, content }) => [id, toJsonObject(toJsonArray(content)[0])["text"]]),
    [
      [used[0], "f.0"],
      [used[1], "f:0"],
    ],
  );
});

test("a conversation of very many messages takes no time that grows with its square", () => {
  const times = 20_000;
  const callOf = (id: string): JsonObject => ({ id, type: "function", function: { name: "t", arguments: "{}" } });
  const ids = Array.from({ length: times }, (_, place) => `c${place}`);
  const results = ids.toReversed().map((id): JsonObject => ({ role: "tool", tool_call_id: id, content: id }));
  const conversations: JsonObject[][] = [
    Array.from({ length: 5 * times }, () => user),
    [user, { role: "assistant", tool_calls: ids.map(callOf) }, ...results],
    [user, { role: "assistant", tool_calls: ids.map(() => callOf("same")) }],
  ];
  const startedAt = performance.now();
  const [, calls] = conversations.map((messages) => translateRequest({ messages }, traits).body["messages"]);
  assert.ok(performance.now() - startedAt < 5_000);
  const answers = toJsonArray(toJsonObject(toJsonArray(calls).at(-1))["content"]).map(toJsonObject);
  assert.deepEqual(
    answers.map((block) => block["tool_use_id"]),
    ids,
  );
});
