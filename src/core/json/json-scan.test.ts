import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { valuesLimit } from "./json-nesting.ts";
import { fieldsLimit, holdsSign, scanTopLevel } from "./json-scan.ts";
import { signs } from "./json-signs.ts";

function scanned(text: string): Record<string, unknown> | number {
  const bytes = Buffer.from(text);
  const result = scanTopLevel(bytes);
  if ("malformedAt" in result) return result.malformedAt;
  return Object.fromEntries(
    [...result.fields].map(([key, span]) => [key, JSON.parse(bytes.toString("utf8", span.start, span.end))]),
  );
}

test("a scan finds exactly the fields that JSON.parse finds, in any JSON object", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 4 })),
      fc.nat(3),
      (object, space) => {
        const text = JSON.stringify(object, null, space);
        assert.deepEqual(scanned(text), JSON.parse(text));
      },
    ),
    { numRuns: 500 },
  );
});

test("a short key is read as it stands, whichever of its length or another were read before", () => {
  const keys = Array.from({ length: 1_500 }, (_, index) => index.toString(36).padStart(2 + (index % 3), "k"));
  for (const key of [...keys, ...keys]) assert.deepEqual(scanned(`{"${key}":1}`), { [key]: 1 });
});

test("long strings with quotes and backslashes at any place end where they end", () => {
  for (let length = 0; length < 220; length++) {
    const object = { a: `${"x".repeat(length)}\\"\\\\${"é".repeat(length % 7)}"`, b: 1 };
    assert.deepEqual(scanned(JSON.stringify(object)), object);
  }
});

test("the depth is that of the deepest value, brackets in strings left aside", () => {
  const depthOf = (text: string): unknown => {
    const result = scanTopLevel(Buffer.from(text));
    return "depth" in result ? result.depth : result;
  };
  assert.equal(depthOf('{"a":1}'), 0);
  assert.equal(depthOf('{"a":[{"b":[]},{}],"c":[],"d":{"e":"[[[["}}'), 3);
});

test("a repeated key counts as its last value, as the provider reads it, and is reported", () => {
  const bytes = Buffer.from('{"model":"a","mod\\u0065l":"b"}');
  const result = scanTopLevel(bytes);
  assert.ok("fields" in result);
  assert.deepEqual(result.repeatedKeys, ["model"]);
  const span = result.fields.get("model")!;
  assert.equal(bytes.toString("utf8", span.start, span.end), '"b"');
});

test("what is no JSON object is refused with the offset at which it goes wrong", () => {
  for (const [text, offset] of [
    ["", 0],
    ["[1]", 0],
    ['{"a" 1}', 5],
    ['{"a":1', 5],
    ['{"a":[1,2}', 10],
    ['{"a":"x}', 5],
    ['{"a":1}}', 7],
    ['{"a":1,}', 7],
    ["{a:1}", 1],
  ] as const) {
    assert.equal(scanned(text), offset, text);
  }
});

/** All strings, keys and values, within a value. */
function stringsWithin(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    Array.isArray(value) ? stringsWithin(inner) : [key, ...stringsWithin(inner)],
  );
}

test("a field holds exactly the signs that are strings within its object or list", () => {
  const nearly = signs.flatMap((sign) => [
    sign,
    `${sign}s`,
    sign.slice(1),
    `"${sign}"`,
    `\\${sign}`,
    sign.toUpperCase(),
  ]);
  const text = fc.oneof(fc.constantFrom(...nearly), fc.string());
  const inner = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, text, fc.array(tie("value")), fc.dictionary(text, tie("value"))),
  })).value;
  fc.assert(
    fc.property(fc.array(inner), inner, (list, other) => {
      const result = scanTopLevel(Buffer.from(JSON.stringify({ list, other: { other } })));
      assert.ok("fields" in result);
      for (const [name, value] of Object.entries({ list, other: { other } })) {
        const strings = new Set(stringsWithin(value));
        for (const sign of signs) assert.equal(holdsSign(result.fields.get(name)!, sign), strings.has(sign), sign);
      }
    }),
  );
});

test("an object of more fields than any request has is read no further, be they other ones or the same again", () => {
  for (const name of [(index: number) => `k${index}`, () => "k"]) {
    const objectOf = (count: number): Buffer =>
      Buffer.from(`{${Array.from({ length: count }, (_, index) => `"${name(index)}":1`).join(",")}}`);
    assert.ok("fields" in scanTopLevel(objectOf(fieldsLimit)));
    const malformedAt = objectOf(fieldsLimit).length;
    assert.deepEqual(scanTopLevel(objectOf(2 * fieldsLimit)), { malformedAt, tooMany: "fields" });
  }
});

test("more values than any conversation has are read no further, wherever they stand; what a text holds is none", () => {
  const listOf = (count: number): string => `[${Array.from({ length: count }, () => "1").join(",")}]`;
  const scan = (text: string): ReturnType<typeof scanTopLevel> => scanTopLevel(Buffer.from(text));
  const [most, half] = [listOf(valuesLimit), listOf(valuesLimit / 2)];
  assert.ok("fields" in scan(`{"a":${most},"b":${JSON.stringify(most)}}`));
  assert.ok("fields" in scan(`{"a":["${most}","${most}"]}`));
  assert.deepEqual(scan(`{"a":${listOf(valuesLimit + 1)}}`), { malformedAt: 5, tooMany: "values" });
  assert.deepEqual(scan(`{"a":${half},"a":${half},"b":[1]}`), {
    malformedAt: 2 * half.length + 15,
    tooMany: "values",
  });
});
