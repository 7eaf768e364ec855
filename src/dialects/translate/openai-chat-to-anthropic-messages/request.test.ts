/** What of a chat request is refused, and what goes in another form. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { translateRequest } from "./request.ts";
import { refusalOf, traits, user } from "./test-request.ts";

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
