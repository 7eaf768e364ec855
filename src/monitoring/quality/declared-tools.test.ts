import assert from "node:assert/strict";
import { test } from "node:test";
import { declaredTools } from "./declared-tools.ts";

test("tools are read in both dialects, with their schema where they have one", () => {
  const schema = { type: "object" };
  const anthropic = {
    tools: [
      { name: "Edit", input_schema: schema },
      { type: "web_search_20250305", name: "web_search" },
    ],
  };
  assert.deepEqual(
    [...(declaredTools(anthropic) ?? [])],
    [
      ["Edit", schema],
      ["web_search", null],
    ],
  );
  const openai = { tools: [{ type: "function", function: { name: "Edit", parameters: schema } }] };
  assert.deepEqual([...(declaredTools(openai) ?? [])], [["Edit", schema]]);
});

test("no tools means that none may be called; a placeholder, that nobody knows", () => {
  assert.equal(declaredTools({})?.size, 0);
  assert.equal(declaredTools({ tools: "odd" })?.size, 0);
  assert.equal(declaredTools({ tools: [{ name: "Edit" }, { name: "DeferredToolPlaceholder" }] }), null);
});
