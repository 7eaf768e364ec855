import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import type { JsonValue } from "../../core/json/json.ts";
import { satisfiesSchema } from "./schema-check.ts";

const edit: JsonValue = {
  type: "object",
  properties: {
    path: { type: "string", minLength: 1 },
    lines: { type: "array", items: { type: "integer", minimum: 1 }, maxItems: 3 },
    mode: { enum: ["replace", "append"] },
    options: { $ref: "#/$defs/options" },
  },
  required: ["path"],
  additionalProperties: false,
  $defs: { options: { type: ["object", "null"], properties: { deep: { $ref: "#/$defs/options" } } } },
};

test("tool inputs are judged by their declared schema", () => {
  const good: JsonValue[] = [
    { path: "a" },
    { path: "a", lines: [1, 2], mode: "append", options: { deep: { deep: null } } },
  ];
  const bad: JsonValue[] = [{}, { path: "" }, { path: 1 }, { path: "a", more: 1 }, { path: "a", lines: [0] }];
  bad.push({ path: "a", lines: [1, 2, 3, 4] }, { path: "a", mode: "x" }, { path: "a", options: { deep: 1 } }, [], "a");
  for (const value of good) assert.ok(satisfiesSchema(value, edit), JSON.stringify(value));
  for (const value of bad) assert.ok(!satisfiesSchema(value, edit), JSON.stringify(value));
});

const leaf = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "integer", "number", "boolean", "null") }),
  fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 3 }) }),
  fc.record({ const: fc.oneof(fc.string(), fc.integer()) }),
  fc.record({ type: fc.constant("string"), minLength: fc.nat(3), maxLength: fc.integer({ min: 3, max: 6 }) }),
  fc.record({
    type: fc.constant("number"),
    minimum: fc.integer({ min: -5, max: 0 }),
    exclusiveMaximum: fc.integer({ min: 1, max: 9 }),
  }),
);
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(2) }),
    fc.record({
      type: fc.constant("object"),
      properties: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("schema")),
      required: fc.uniqueArray(fc.constantFrom("a", "b"), { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
    }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie("schema") }),
  ),
}));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.integer({ min: -9, max: 9 }),
      fc.double({ min: -9, max: 9, noNaN: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), { maxKeys: 3 }),
  ),
}));

test("what it understands of JSON Schema it judges as a complete validator does", () => {
  const ajv = new Ajv2020({ strict: false });
  fc.assert(
    fc.property(schema, value, (randomSchema, randomValue) => {
      const expected = ajv.validate(randomSchema as object, randomValue);
      assert.equal(satisfiesSchema(randomValue as JsonValue, randomSchema as JsonValue), expected);
    }),
    { numRuns: 300 },
  );
});

test("what it does not understand counts for the answer: unknown keywords, foreign references, slow patterns", () => {
  assert.ok(satisfiesSchema("x", { contentEncoding: "base64", format: "uri" }));
  assert.ok(satisfiesSchema("x", { $ref: "https://example.org/schema" }));
  assert.ok(satisfiesSchema("a".repeat(50), { pattern: "^(a+)+$x" }));
  assert.ok(satisfiesSchema("x", { pattern: "(" }));
  assert.ok(!satisfiesSchema("x", { pattern: "^y$" }));
});

test("what it does not understand counts for the answer under `not` and `oneOf`, too", () => {
  const day = { type: "string", format: "date" };
  const time = { type: "string", format: "date-time" };
  assert.ok(satisfiesSchema("2026-11-22", { oneOf: [day, time] }));
  assert.ok(!satisfiesSchema(1, { oneOf: [day, time] }));
  assert.ok(
    !satisfiesSchema("x", {
      oneOf: [
        { type: "string", title: "a" },
        { type: "string", title: "b" },
      ],
    }),
  );
  assert.ok(satisfiesSchema({ a: 1 }, { not: { dependentRequired: { a: ["b"] } } }));
  assert.ok(satisfiesSchema("x", { not: { $ref: "https://example.org/schema" } }));
  assert.ok(satisfiesSchema("x", { not: { pattern: "(" } }));
  assert.ok(!satisfiesSchema("x", { not: { type: "string" } }));
});

test("no schema holds the router up: what takes more work than a real tool's counts for the answer", () => {
  const text = `${"a".repeat(60)}!`;
  for (const pattern of ["^(a|a)*$", "^(a|b|ab)*c", `${"a?".repeat(60)}${"a".repeat(60)}$`, "a*a*a*a*a*a*a*b"]) {
    assert.ok(satisfiesSchema(text, { pattern }), pattern);
    assert.ok(satisfiesSchema({ [text]: 1 }, { patternProperties: { [pattern]: false }, additionalProperties: false }));
  }
  const both = [{ $ref: "#" }, { $ref: "#" }];
  assert.ok(satisfiesSchema(1, { allOf: both }));
  const long = Array.from({ length: 10_000 }, (_, index) => index);
  const options = Array.from({ length: 500 }, () => [...long.slice(1), -1]);
  assert.ok(satisfiesSchema([...long.slice(1), 0], { enum: options }));
});

test("ordinary patterns are judged", () => {
  for (const [pattern, good, bad] of [
    ["^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$", "ana.lopez@example.org", "ana.lopez at example.org"],
    ["^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", "0f8fad5b-d9cb-469f-a165-70867728950e", "none"],
    ["^(read|write|delete)$", "write", "append"],
    ["^https?://", "https://example.org/a", "ftp://example.org"],
    ["^/.+\\.(ts|js)x?$", "/home/ana/project/src/index.tsx", "/home/ana/project/README.md"],
  ] as const) {
    assert.ok(satisfiesSchema(good, { pattern }), pattern);
    assert.ok(!satisfiesSchema(bad, { pattern }), pattern);
  }
});
