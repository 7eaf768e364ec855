import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { expandReferences } from "./expand.ts";

const sources = {
  environment: { KEY: "value", EMPTY: "", NESTED: "${KEY}" },
  readFile: (path: string) => (path === "/run/key" ? "from-file\n" : undefined),
};

function expand(text: string): unknown {
  const { value, missing } = expandReferences(text, sources);
  return missing.length > 0 ? missing[0]?.problem : value;
}

test("references are replaced, anywhere in a text and more than once", () => {
  assert.equal(expand("a ${KEY} b ${KEY}"), "a value b value");
});

test("a default stands in for what is not set, or empty", () => {
  assert.equal(expand("${NONE:-x}${EMPTY:-y}${NONE:-}"), "xy");
});

test("a file's content comes without its last line break", () => {
  assert.equal(expand("Bearer ${file:/run/key}"), "Bearer from-file");
});

test("$${ stands for a plain ${, and what a reference brings in is not looked at again", () => {
  assert.equal(expand("$${KEY} ${NESTED}"), "${KEY} ${KEY}");
});

test("what is missing is named with its path, and nothing else", () => {
  assert.equal(expand("${NONE}"), "the environment variable NONE is not set");
  assert.equal(expand("${file:/no}"), "the file /no cannot be read");
  const { missing } = expandReferences({ a: [{ b: "${NONE}" }] }, sources);
  assert.deepEqual(missing[0]?.path, ["a", 0, "b"]);
});

test("a reference that is not closed is no text", () => {
  assert.equal(expand("${KEY"), "has a `${` without its `}`; write `$${` for a plain `${`");
  assert.equal(expand("$${KEY"), "${KEY");
});

test("texts without ${ come back as they are, and so does everything that is no text", () => {
  const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("${"));
  fc.assert(fc.property(json, (value) => assert.deepEqual(expandReferences(value, sources).value, value)));
});
