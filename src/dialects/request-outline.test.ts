import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import { isJsonObject, parseJson } from "../core/json/json.ts";
import { scanTopLevel } from "../core/json/json-scan.ts";
import { foldSystemMessages } from "./anthropic-messages/fold-system-messages.ts";
import type { RequestOutline } from "./request-outline.ts";
import { outlineRequest } from "./request-outline.ts";
import type { TargetTraits } from "./target-traits.ts";
import { defaultTraits } from "./target-traits.ts";
import { formatThinkingEnvelope, stripForeignThinking } from "./thinking-envelope.ts";
import { pairFor } from "./translate/pairs.ts";

const toChat = pairFor("anthropic-messages", "openai-chat")!;
const toMessages = pairFor("openai-chat", "anthropic-messages")!;
const target: TargetTraits = { ...defaultTraits({ provider: "acme", model: "m" }), hasFiles: true };

function outlineOf(json: string): RequestOutline | null {
  const bytes = Buffer.from(json);
  const scanned = scanTopLevel(bytes);
  assert.ok("fields" in scanned);
  return outlineRequest(bytes, scanned.longStrings);
}

/** What `change` makes of the whole request, and of its outline. */
function bothWays(json: string, change: (body: JsonObject) => JsonObject): [unknown, unknown] {
  const whole = change(parseJson(json) as JsonObject);
  const outline = outlineOf(json);
  return [whole, outline === null ? whole : JSON.parse(outline.render(change(outline.body)).toString())];
}

const parts = ["plain words ", '\n\t"quoted"', "\\path\\", "日本語", "😀", "é", " ", "<tool_use_error>", "Error "];
const text = fc
  .tuple(
    fc.constantFrom("", "", "\n  ", " ".repeat(300)),
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }),
    fc.constantFrom(1, 1, 3_000),
    fc.constantFrom("", "", " \n", " ".repeat(300)),
  )
  .map(([before, pieces, times, after]) => before + pieces.join("").repeat(times).slice(0, 12_000) + after);
const base64 = fc.constantFrom(...[8, 9_000].map((length) => Buffer.alloc(length, "x").toString("base64")));

/** As JSON writers differ: characters as they are, or escaped. */
const writer = fc.constantFrom(
  (value: JsonValue) => JSON.stringify(value),
  (value: JsonValue) => JSON.stringify(value, null, 1),
  (value: JsonValue) =>
    JSON.stringify(value).replaceAll(
      /[^\0-\x7f]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
);

const envelope = formatThinkingEnvelope({ provider: "acme", details: [{ text: "x".repeat(9_000) }] });
const image = base64.map((data) => ({ type: "image", source: { type: "base64", media_type: "image/png", data } }));
const textBlock = text.map((value) => ({ type: "text", text: value }));
const userBlock = fc.oneof(
  textBlock,
  image,
  text.map((data) => ({ type: "document", title: "t", source: { type: "text", media_type: "text/plain", data } })),
  fc
    .tuple(fc.oneof(text, fc.array(fc.oneof(textBlock, image), { maxLength: 3 })), fc.boolean())
    .map(([content, isError]) => ({ type: "tool_result", tool_use_id: "toolu_1", content, is_error: isError })),
);
const assistantBlock = fc.oneof(
  textBlock,
  text.map((content) => ({ type: "tool_use", id: "toolu_1", name: "Write", input: { content, text: [content] } })),
  text.map((thinking) => ({ type: "thinking", thinking, signature: envelope })),
  fc.constant({ type: "redacted_thinking", data: envelope }),
);
const anthropicMessage = fc.oneof(
  fc.record({ role: fc.constant("user"), content: fc.oneof(text, fc.array(userBlock, { maxLength: 4 })) }),
  fc.record({ role: fc.constant("assistant"), content: fc.oneof(text, fc.array(assistantBlock, { maxLength: 4 })) }),
  fc.record({ role: fc.constant("system"), content: text }),
);
const chatPart = fc.oneof(
  textBlock,
  base64.map((data) => ({ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } })),
);
const chatMessage = fc.oneof(
  fc.record({ role: fc.constant("user"), content: fc.oneof(text, fc.array(chatPart, { maxLength: 4 })) }),
  fc.record({ role: fc.constant("system"), content: text }),
  text.map((content) => ({
    role: "assistant",
    content,
    tool_calls: [
      { id: "call_1", type: "function", function: { name: "Write", arguments: JSON.stringify({ content }) } },
    ],
  })),
  text.map((content) => ({ role: "tool", tool_call_id: "call_1", content })),
);

test("an Anthropic request is translated by its outline as it is whole", () => {
  const traits = [
    target,
    { ...target, reasoningReturn: "reasoning_details", hasMidConversationSystem: false } as const,
  ];
  fc.assert(
    fc.property(
      fc.array(anthropicMessage, { minLength: 1, maxLength: 5 }),
      text,
      fc.constantFrom(...traits),
      writer,
      (messages, system, chosen, write) => {
        const asked = [...messages, { role: "user", content: "go on" }];
        const json = write({ model: "a", max_tokens: 100, system, messages: asked });
        const [whole, outlined] = bothWays(json, (body) => toChat.request(body, chosen).body);
        assert.deepEqual(outlined, whole);
      },
    ),
    { numRuns: 300 },
  );
});

test("an OpenAI request is translated by its outline as it is whole", () => {
  fc.assert(
    fc.property(fc.array(chatMessage, { minLength: 1, maxLength: 5 }), writer, (messages, write) => {
      const json = write({ model: "a", messages: [...messages, { role: "user", content: "go on" }] });
      const [whole, outlined] = bothWays(json, (body) => toMessages.request(body, target).body);
      assert.deepEqual(outlined, whole);
    }),
    { numRuns: 300 },
  );
});

test("a request that stays in its dialect is amended by its outline as it is whole", () => {
  fc.assert(
    fc.property(fc.array(anthropicMessage, { minLength: 1, maxLength: 5 }), writer, (messages, write) => {
      const amend = (body: JsonObject): JsonObject => ({
        ...foldSystemMessages(stripForeignThinking(body)),
        model: "b",
      });
      const [whole, outlined] = bothWays(write({ model: "a", messages }), amend);
      assert.deepEqual(outlined, whole);
    }),
    { numRuns: 200 },
  );
});

test("a long text leaves nothing but its ends in the outline", () => {
  const outline = outlineOf(JSON.stringify({ messages: [{ role: "user", content: "words ".repeat(100_000) }] }));
  assert.ok(outline !== null && JSON.stringify(outline.body).length < 1_000);
});

test("a text is left out wherever its escapes stand", () => {
  for (let shift = 0; shift < 8; shift++) {
    const content = "x".repeat(shift) + '"abcdefg\n'.repeat(1_000);
    const outline = outlineOf(JSON.stringify({ messages: [{ role: "user", content }] }));
    assert.ok(outline !== null, `${shift} characters before the first`);
  }
});

test("texts that hold the marks themselves come out as they went in", () => {
  const texts = ["ccr-left-out-0-0;", "ccr-left-out-1-", `ccr-left-out-2-0;${"x".repeat(9_000)}ccr-left-out-3-0;`];
  const request = { messages: texts.map((content) => ({ role: "user", content })) };
  const outline = outlineOf(JSON.stringify(request));
  assert.ok(outline !== null);
  assert.deepEqual(JSON.parse(outline.render(outline.body).toString()), request);
});

test("a request that is no JSON has no outline", () => {
  const json = JSON.stringify({ messages: [{ role: "user", content: "x".repeat(9_000) }] });
  assert.equal(outlineOf(json.replace('"user"', "user")), null);
  assert.equal(outlineOf(json.replace("xxx", "\\x ")), null);
  assert.ok(isJsonObject(outlineOf(json)?.body));
});
