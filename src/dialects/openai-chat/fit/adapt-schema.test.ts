import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { SchemaSubset } from "../../target-traits.ts";
import { adaptSchema } from "./adapt-schema.ts";
import { createReferenceBudget } from "./narrow-schema.ts";

const adapt = (schema: JsonObject, subset: SchemaSubset): JsonObject => adaptSchema(schema, subset).schema;

const rich: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    Mode: { type: "string", enum: ["r", "w"] },
    Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } },
  },
  properties: {
    mode: { $ref: "#/$defs/Mode", description: "how" },
    count: { type: "integer", exclusiveMinimum: 0, default: 1 },
    limit: { type: ["number", "null"] },
    either: { type: ["string", "number"] },
    union: { oneOf: [{ type: "string" }, { type: "object", properties: { a: { type: "number" } }, required: ["a"] }] },
    scalar: { anyOf: [{ type: "boolean" }, { type: "number" }] },
    version: { const: 2 },
    url: { type: "string", format: "uri", pattern: "^https" },
    list: {
      type: "array",
      items: { type: "object", additionalProperties: false, properties: { x: { type: "string" } } },
    },
    map: { type: "object", additionalProperties: { type: "string" } },
    tree: { $ref: "#/$defs/Node" },
  },
  required: ["mode"],
  additionalProperties: false,
};

const valid: JsonValue[] = [
  { mode: "r" },
  { mode: "w", count: 3, limit: 5, either: 1, union: { a: 1 }, scalar: 7, version: 2, url: "https://a" },
  { mode: "w", either: "x", union: "y", scalar: true, list: [{ x: "a" }, {}], map: { k: "v" } },
  { mode: "r", tree: { next: { next: {} } } },
];

test("a full subset leaves a schema as it is", () => {
  assert.deepEqual(adaptSchema(rich, "full"), { schema: rich, isChanged: false });
});

test("whatever fits a tool's schema fits its adaptation", () => {
  for (const subset of ["openai", "gemini", "moonshot", "plain"] as const) {
    const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(adapt(rich, subset));
    for (const input of valid) assert.ok(isValid(input), `${subset}: ${JSON.stringify([input, isValid.errors])}`);
  }
});

test("gemini and plain schemas hold only their own keys", () => {
  const seen = (schema: JsonObject): string => JSON.stringify(schema);
  for (const subset of ["gemini", "moonshot", "plain"] as const) {
    assert.doesNotMatch(
      seen(adapt(rich, subset)),
      /\$ref|\$defs|\$schema|additionalProperties|exclusive|const|default|pattern|oneOf|"uri"/,
    );
  }
  assert.doesNotMatch(seen(adapt(rich, "plain")), /anyOf|nullable|format/);
  assert.match(seen(adapt(rich, "gemini")), /"limit":\{"type":"number","nullable":true\}/);
  assert.match(seen(adapt(rich, "gemini")), /"mode":\{"type":"string","enum":\["r","w"\],"description":"how"\}/);
});

test("a schema that refers to itself ends", () => {
  for (const subset of ["gemini", "moonshot", "plain"] as const)
    assert.ok(JSON.stringify(adapt(rich, subset)).length < 5000);
});

test("definitions that refer to each other many times over end small, two levels of themselves deep", () => {
  const names = ["and", "or", "not", "any", "all", "none"];
  const refs = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}`, description: name }]));
  const definitions = names.map((name) => [
    name,
    { type: "object", properties: { text: { type: "string" }, ...refs } },
  ]);
  const schema: JsonObject = { type: "object", properties: refs, $defs: Object.fromEntries(definitions) as JsonObject };
  for (const subset of ["gemini", "moonshot", "plain"] as const) {
    const adapted = adapt(schema, subset);
    assert.ok(JSON.stringify(adapted).length < 400_000);
    const twice = ["and", "and"].reduce((at, name) => toJsonObject(toJsonObject(at["properties"])[name]), adapted);
    assert.deepEqual(toJsonObject(toJsonObject(twice["properties"])["and"]), { type: "object", description: "and" });
    assert.deepEqual(toJsonObject(twice["properties"])["text"], { type: "string" });
  }
  // All tools of a request together: what is left over for the last ones is their own words.
  const budget = createReferenceBudget();
  const sizes = Array.from({ length: 20 }, () => JSON.stringify(adaptSchema(schema, "gemini", budget).schema).length);
  assert.equal(budget.left, 0);
  assert.ok(sizes.at(-1)! < 1_000);
});

test("a reference to a reference is followed to its end", () => {
  const $defs = { A: { $ref: "#/$defs/B" }, B: { type: "integer" }, C: { $ref: "#/$defs/C" } };
  const schema: JsonObject = {
    type: "object",
    properties: { a: { $ref: "#/$defs/A" }, c: { $ref: "#/$defs/C" } },
    $defs,
  };
  assert.deepEqual(toJsonObject(adapt(schema, "plain")["properties"])["a"], { type: "integer" });
});

test("a top-level union becomes one object that requires what every branch requires", () => {
  const union: JsonObject = {
    anyOf: [
      { type: "object", properties: { a: { type: "string" }, id: { type: "string" } }, required: ["a", "id"] },
      { type: "object", properties: { b: { type: "string" } }, required: ["b", "id"] },
    ],
  };
  for (const subset of ["openai", "gemini", "moonshot", "plain"] as const) {
    const { type, properties, required, anyOf } = adapt(union, subset);
    assert.equal(type, "object");
    assert.deepEqual(Object.keys(properties ?? {}), ["a", "id", "b"]);
    assert.deepEqual(required, ["id"]);
    assert.equal(anyOf, undefined);
  }
});

test("openai gets items and properties where they are missing, and nothing else changed", () => {
  const schema: JsonObject = { type: "object", properties: { a: { type: "array" }, b: { type: "object" } } };
  assert.deepEqual(adapt(schema, "openai"), {
    type: "object",
    properties: { a: { type: "array", items: {} }, b: { type: "object", properties: {} } },
  });
});

test("what names no type gets one: the one that its parts tell, else a choice among all", () => {
  const properties: JsonObject = {
    args: { description: "Any value" },
    list: { type: "array", items: {} },
    inner: { properties: { a: { type: "string" } } },
    rows: { items: { type: "integer" } },
    mode: { enum: ["r", "w"] },
    level: { enum: [1, 2] },
    gone: { $ref: "#/$defs/none" },
    open: true,
    pair: { type: "array", items: [{ type: "string" }, { type: "integer" }] },
    either: { type: "object", properties: {}, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
  };
  const any = ["string", "number", "boolean", "object"].map((type) => ({ type }));
  const anyOf = [...any, { type: "array", items: { type: "string" } }];
  const expected = {
    type: "object",
    properties: {
      args: { description: "Any value", anyOf },
      list: { type: "array", items: { anyOf } },
      inner: { type: "object", properties: { a: { type: "string" } } },
      rows: { type: "array", items: { type: "integer" } },
      mode: { type: "string", enum: ["r", "w"] },
      level: { anyOf },
      gone: { anyOf },
      open: { anyOf },
      pair: { type: "array", items: { anyOf } },
      either: { type: "object", properties: {} },
    },
  };
  for (const subset of ["gemini", "moonshot"] as const) assert.deepEqual(adapt({ properties }, subset), expected);
});

test("a tool without a schema takes an empty object", () => {
  for (const subset of ["full", "openai", "gemini", "plain"] as const) {
    assert.deepEqual(adaptSchema(undefined, subset).schema, { type: "object", properties: {} });
  }
});

test("thousands of references to one wide branch are looked at once", () => {
  const properties = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`p${index}`, { type: "string" }]));
  const required = Object.keys(properties);
  const anyOf = Array.from({ length: 5_000 }, () => ({ $ref: "#/$defs/wide" }));
  const { schema } = adaptSchema({ $defs: { wide: { type: "object", properties, required } }, anyOf }, "openai");
  assert.deepEqual(schema["properties"], properties);
  assert.deepEqual(schema["required"], required);
});
