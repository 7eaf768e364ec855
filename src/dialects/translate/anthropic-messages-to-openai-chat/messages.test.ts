/** In which order and roles a conversation reaches a target: results, images, system messages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { formatThinkingEnvelope } from "../../thinking-envelope.ts";
import { messages, result, sent, use } from "./test-request.ts";

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

test("a last message of the assistant is followed by the user's where the target refuses it", () => {
  const messages = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "So" },
  ];
  const last = (hasPrefill: boolean): unknown => toJsonArray(sent({ messages }, { hasPrefill })["messages"]).at(-1);
  assert.deepEqual(last(false), { role: "user", content: "Continue." });
  assert.deepEqual(last(true), { role: "assistant", content: "So" });
});

test("hundreds of thousands of messages, images of a result or details of reasoning are translated as few are", () => {
  const count = 200_000;
  assert.equal(messages(Array.from({ length: count }, () => ({ role: "user", content: "x" }))).length, count);
  const images = Array.from({ length: count }, () => image);
  const [, , seen] = messages([
    { role: "assistant", content: [use("a")] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: images }] },
  ]);
  assert.equal(toJsonArray(seen?.["content"]).length, count + 1);
  const details = Array.from({ length: 190_000 }, () => 0);
  const signature = formatThinkingEnvelope({ provider: "acme", details });
  const thinking = { type: "thinking", thinking: "so", signature };
  const [, turn] = messages(
    [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [thinking, use("a")] },
    ],
    { reasoningReturn: "reasoning_details" },
  );
  assert.equal(toJsonArray(turn?.["reasoning_details"]).length, details.length);
});
