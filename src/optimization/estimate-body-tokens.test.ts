import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateBodyTokens } from "./estimate-body-tokens.ts";

const data = "A".repeat(1_000_000);
const bodyOf = (part: object): Buffer => Buffer.from(JSON.stringify({ messages: [{ role: "user", content: [part] }] }));

test("images and files count as such, not by their bytes, in either dialect", () => {
  const parts = [
    { type: "image", source: { type: "base64", media_type: "image/png", data } },
    { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } },
    { type: "document", source: { type: "base64", media_type: "application/pdf", data } },
  ];
  for (const part of parts) {
    const tokens = estimateBodyTokens(bodyOf(part), "claude-opus-5");
    assert.ok(tokens > 1_000 && tokens < 30_000, `${part.type}: ${tokens}`);
  }
});

test("a request without data is not parsed, even if it speaks of base64", () => {
  const bytes = bodyOf({ type: "text", text: `the word "base64" and ${data}` });
  const tokens = estimateBodyTokens(bytes, "claude-opus-5", () => assert.fail("it was parsed"));
  assert.ok(tokens > 250_000);
});
