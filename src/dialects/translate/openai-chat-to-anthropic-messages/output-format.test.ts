/** How a format is asked for, by schema or in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { translateRequest } from "./request.ts";
import { traits, user } from "./test-request.ts";

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
