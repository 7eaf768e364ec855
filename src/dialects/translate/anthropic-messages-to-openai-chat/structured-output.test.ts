/** How a format is asked for, by schema or in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import { sent } from "./test-request.ts";

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
