import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../../core/json/json.ts";
import { adaptSchema } from "./adapt-schema.ts";
import { mendSchema } from "./mend-schema.ts";

test("parts that are no parts of a schema are left out or take anything, at any depth", () => {
  const inner: JsonObject = { type: "object", properties: null, required: null, additionalProperties: null };
  assert.deepEqual(
    mendSchema({
      $defs: { A: inner },
      type: "object",
      description: null,
      properties: {
        a: inner,
        b: { type: "string", required: true, enum: [] },
        c: { type: "array", items: [{ type: "string" }] },
        d: { type: "array", items: null },
        e: null,
        f: [],
        g: { type: null, enum: null },
      },
      required: null,
    }),
    {
      $defs: { A: { type: "object" } },
      type: "object",
      properties: {
        a: { type: "object" },
        b: { type: "string" },
        c: { type: "array", items: {} },
        d: { type: "array" },
        e: {},
        f: {},
        g: {},
      },
    },
  );
  assert.deepEqual(mendSchema({ type: "object", properties: [] }), { type: "object" });
});

test("a sound schema stays as it is, with null where a value may be null", () => {
  const sound: JsonObject = {
    type: "object",
    properties: {
      a: { type: ["string", "null"], default: null, enum: ["x", null] },
      properties: { const: null },
      required: { type: "array", items: true },
      any: true,
    },
    required: [],
    additionalProperties: false,
  };
  assert.deepEqual(mendSchema(sound), sound);
});

test("every target gets a sound schema", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { a: { type: "object", properties: null } },
    required: null,
  };
  for (const subset of ["full", "openai", "gemini", "moonshot", "plain"] as const)
    assert.doesNotMatch(JSON.stringify(adaptSchema(schema, subset).schema), /null/, subset);
});

test("a list or an object that is one of several types has its parts for OpenAI", () => {
  const a = { type: ["string", "array", "object"] };
  const { schema } = adaptSchema({ type: "object", properties: { a } }, "openai");
  assert.deepEqual(schema["properties"], { a: { ...a, items: {}, properties: {} } });
});
