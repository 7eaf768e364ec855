import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import { fitSchemas } from "./fit-schemas.ts";

const known = defaultTraits({ provider: "p", model: "m" });
const gemini = { ...known, schemaSubset: "gemini" as const };
const tool = (parameters: JsonObject): JsonObject => ({
  type: "function",
  function: { name: "f", description: "d", parameters },
});
const path = { type: "object", properties: { path: { type: "string" } } };

test("a tool's schema keeps what a narrow target accepts, and nothing else of the tool changes", () => {
  const rich = { $schema: "https://json-schema.org/draft/2020-12/schema", ...path, additionalProperties: false };
  assert.deepEqual(fitSchemas({ tools: [tool(rich), tool(path)] }, gemini), { tools: [tool(path), tool(path)] });
});

test("what fits stays the same object, as do schemas for targets that accept most", () => {
  const body = { tools: [tool(path), { type: "function", function: { name: "g" } }] };
  assert.equal(fitSchemas(body, gemini), body);
  const rich = { tools: [tool({ ...path, additionalProperties: false })] };
  assert.equal(fitSchemas(rich, known), rich);
  assert.equal(fitSchemas(rich, { ...known, schemaSubset: "openai" }), rich);
});
