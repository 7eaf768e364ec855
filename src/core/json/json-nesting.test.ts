import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import loadWabt from "wabt";
import { endOfNested, longStringBytes } from "./json-nesting.ts";
import type { SeenWithin } from "./json-nesting.ts";
import { bitOf, signs } from "./json-signs.ts";

const source = new URL("json-nesting.wat", import.meta.url);
const generated = new URL("json-nesting-module.ts", import.meta.url);

/** The generated file, from its source. */
async function renderModule(): Promise<string> {
  const wabt = await loadWabt();
  const module = wabt.parseWat("json-nesting.wat", readFileSync(source, "utf8"), { simd: true });
  const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
  module.destroy();
  const lines = base64.match(/.{1,100}/g)!.map((line) => `  "${line}"`);
  return `/** WebAssembly as base64: made from json-nesting.wat by \`UPDATE=1 npm test -- src/core/json/json-nesting.test.ts\`. */
export const nestingModule: string =
${lines.join(" +\n")};
`;
}

interface Found extends SeenWithin {
  readonly end: number;
}

const nothing: Found = { end: -1, longStrings: [], signs: 0, depth: 0, values: 0 };

function find(text: string, from = 0): Found {
  const seen: SeenWithin = { longStrings: [], signs: 0, depth: 0, values: 0 };
  const end = endOfNested(Buffer.from(text), from, seen);
  return end < 0 ? nothing : { end, ...seen };
}

/** The same byte by byte. */
function findSlowly(text: string): Found {
  const bytes = Buffer.from(text);
  const seen: SeenWithin = { longStrings: [], signs: 0, depth: 0, values: 0 };
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const character = String.fromCharCode(bytes[at]!);
    if (character === '"') {
      const start = at++;
      while (at < bytes.length && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
      if (at >= bytes.length) break;
      const sign = signs.find((word) => word === bytes.toString("latin1", start + 1, at));
      if (sign !== undefined) seen.signs |= bitOf(sign);
      if (at + 1 - start >= longStringBytes) seen.longStrings.push({ start, end: at + 1 });
    }
    seen.values += "[{,".includes(character) ? 1 : 0;
    depth += "[{".includes(character) ? 1 : 0;
    seen.depth = Math.max(seen.depth, depth);
    depth -= "]}".includes(character) ? 1 : 0;
    if (depth === 0) return { end: at + 1, ...seen };
  }
  return nothing;
}

test("json-nesting-module.ts is what json-nesting.wat says (UPDATE=1 writes it)", async () => {
  const text = await renderModule();
  if (process.env["UPDATE"] === "1") writeFileSync(generated, text);
  assert.equal(readFileSync(generated, "utf8"), text);
});

test("a value ends at its bracket, its signs and long strings are found, in any JSON", () => {
  const piece = fc.oneof(
    fc.constantFrom(...signs),
    fc.string({ unit: "binary" }),
    fc.constantFrom("\\", '"', "{", "]").chain((text) => fc.nat(40).map((count) => text.repeat(count))),
    fc.nat(9_000).map((length) => "x".repeat(length)),
    fc.nat(9_000).map((length) => '\\"é'.repeat(length / 4)),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ depthSize: "small" }, piece, fc.array(tie("node")), fc.dictionary(piece, tie("node"))),
  })).node;
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), fc.string(), (list, behind) => {
      const text = JSON.stringify(list);
      assert.deepEqual(find(text + behind), findSlowly(text));
    }),
    { numRuns: 150 },
  );
});

test("wherever a window ends, strings, signs and backslashes are read as if there were none", () => {
  const pieces = [
    '"tool_use"',
    '"redacted_thinking"',
    '"redacted_thinkins"',
    '"url"',
    '"\\\\"',
    '"\\\\\\"]"',
    '"]"',
    "[]",
    '{"system":[]}',
    '""',
  ];
  for (const windowEnd of [4_096, 4_096 + 65_536]) {
    for (let shift = -4; shift < 44; shift++) {
      const padding = `["${"x".repeat(windowEnd - shift - 10)}",`;
      for (const piece of pieces) {
        const text = `${padding}${piece},"${"\\\\".repeat(20)}\\"","assistant"]`;
        assert.deepEqual(find(text), findSlowly(text), `${windowEnd} ${shift} ${piece}`);
      }
    }
    for (let backslashes = 0; backslashes < 40; backslashes++) {
      for (let shift = 0; shift < 12; shift++) {
        const text = `["${"x".repeat(windowEnd - 20 - shift)}${"\\".repeat(backslashes)}"]","]`;
        assert.deepEqual(find(text), findSlowly(text), `${windowEnd} ${backslashes} ${shift}`);
      }
    }
  }
});

test("backslashes count in pairs, wherever a block of 64 bytes ends", () => {
  for (let before = 0; before < 130; before++) {
    for (let backslashes = 0; backslashes < 70; backslashes += before % 3 === 0 ? 1 : 13) {
      const text = `["${"x".repeat(before)}${"\\".repeat(backslashes)}"]","url"]`;
      assert.deepEqual(find(text), findSlowly(text), `${before} ${backslashes}`);
    }
  }
});

test("what does not end has no end, wherever it is cut, and leaves nothing behind for the next value", () => {
  const text = `[{"tool":"${"y".repeat(5_000)}\\""},["system",{}]]`;
  for (let length = 0; length < text.length; length += length < 30 || length > 4_990 ? 1 : 97) {
    assert.equal(find(text.slice(0, length)).end, -1);
    assert.deepEqual(find('["url"]'), { end: 7, signs: bitOf("url"), longStrings: [], depth: 1, values: 1 });
  }
});

test("a value is read from where it begins", () => {
  assert.deepEqual(find('{"a":"[","tool":["url"],"b":1}', 16), {
    end: 23,
    signs: bitOf("url"),
    longStrings: [],
    depth: 1,
    values: 1,
  });
});
