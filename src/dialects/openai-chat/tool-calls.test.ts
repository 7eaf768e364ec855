import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { ToolCallReader, isEmptyObject } from "./tool-calls.ts";

interface Read {
  id: string | null;
  name: string | null;
  input: string;
}

function piece(index: number | null, id: string | null, name: string | null, args: string | JsonObject): JsonObject {
  return { ...(index !== null && { index }), id, type: "function", function: { name, arguments: args } };
}

function readAll(pieces: readonly JsonObject[]): Read[] {
  const reader = new ToolCallReader();
  const calls: Read[] = [];
  for (const entry of pieces) {
    const read = reader.read(entry, null);
    const call = (calls[read.call] ??= { id: null, name: null, input: "" });
    call.id = read.id;
    call.name ??= read.name;
    call.input = (read.isReplacing ? "" : call.input) + read.argumentsText;
  }
  return calls;
}

test("pieces of one index are one call", () => {
  assert.deepEqual(readAll([piece(0, "a", "f", ""), piece(0, null, null, '{"x":'), piece(0, "", "", "1}")]), [
    { id: "a", name: "f", input: '{"x":1}' },
  ]);
});

test("an empty object may hold the place of the arguments, and is one where none come", () => {
  const whole = [{ id: "a", name: "f", input: '{"x":1}' }];
  assert.deepEqual(
    readAll([piece(0, "a", "f", "{}"), piece(0, null, null, '{"x"'), piece(0, null, null, ":1}")]),
    whole,
  );
  assert.deepEqual(readAll([piece(0, "a", "f", {}), piece(0, "a", "f", '{"x":1}')]), whole);
  assert.deepEqual(readAll([piece(0, "a", "f", "{}"), piece(0, null, null, "\n")])[0]?.input, "{}\n");
  const others = [piece(0, "a", "f", "{}"), piece(0, "b", "f", '{"x":1}'), piece(0, null, "f", "{}")];
  assert.deepEqual(
    readAll(others).map(({ input }) => input),
    ["{}", '{"x":1}', "{}"],
  );
});

test("calls of different indices may take turns", () => {
  const pieces = [
    piece(0, "a", "f", ""),
    piece(1, "b", "g", ""),
    piece(0, null, null, '{"x":1}'),
    piece(1, null, null, "{}"),
  ];
  assert.deepEqual(readAll(pieces), [
    { id: "a", name: "f", input: '{"x":1}' },
    { id: "b", name: "g", input: "{}" },
  ]);
});

test("two calls at one index are told apart by id", () => {
  const pieces = [
    piece(0, "a", "f", ""),
    piece(0, null, null, '{"x":1}'),
    piece(0, "b", "f", ""),
    piece(0, null, null, '{"x":2}'),
  ];
  assert.deepEqual(
    readAll(pieces).map(({ id, input }) => [id, input]),
    [
      ["a", '{"x":1}'],
      ["b", '{"x":2}'],
    ],
  );
});

test("two calls without ids at one index are told apart by name, or by a new object", () => {
  assert.equal(readAll([piece(0, null, "f", "{}"), piece(0, null, "g", '{"y":1}')]).length, 2);
  assert.deepEqual(readAll([piece(0, "", "f", '{"x":1}'), piece(0, "", "f", '{"x":2}')]), [
    { id: null, name: "f", input: '{"x":1}' },
    { id: null, name: "f", input: '{"x":2}' },
  ]);
});

test("an id that is repeated for a new call does not stay with it", () => {
  const pieces = [
    piece(0, "a", "f", '{"x":1}'),
    piece(0, "a", "f", ""),
    piece(0, null, null, '{"x":'),
    piece(0, null, null, "2}"),
  ];
  assert.deepEqual(
    readAll(pieces).map(({ id, input }) => [id, input]),
    [
      ["a", '{"x":1}'],
      [null, '{"x":2}'],
    ],
  );
});

test("a whole call that is sent twice counts once", () => {
  assert.equal(readAll([piece(0, "a", "f", '{"x":1}'), piece(0, "a", "f", '{"x":1}')])[0]?.input, '{"x":1}');
});

test("id and name may come late, and names may be repeated with each piece", () => {
  assert.deepEqual(readAll([piece(0, null, null, "{"), piece(0, "a", null, '"x":'), piece(0, "a", "f", "1}")]), [
    { id: "a", name: "f", input: '{"x":1}' },
  ]);
  assert.equal(readAll([piece(0, "a", "f", '{"x"'), piece(0, "a", "f", ":1}")]).length, 1);
});

test("an index in quotes is one", () => {
  const inQuotes = (entry: JsonObject): JsonObject => ({ ...entry, index: JSON.stringify(entry["index"]) });
  const pieces = [piece(0, "a", "f", '{"x":'), piece(1, "b", "g", '{"y":'), piece(0, null, null, "1}")];
  assert.deepEqual(readAll([...pieces, piece(1, null, null, "2}")].map(inQuotes)), [
    { id: "a", name: "f", input: '{"x":1}' },
    { id: "b", name: "g", input: '{"y":2}' },
  ]);
});

test("without an index, a name begins a call and a piece without one goes on", () => {
  const pieces = [piece(null, "a", "f", '{"x":'), piece(null, null, null, "1}"), piece(null, "b", "g", "{}")];
  assert.deepEqual(
    readAll(pieces).map(({ input }) => input),
    ['{"x":1}', "{}"],
  );
});

test("an index that counts pieces instead of calls is seen through", () => {
  assert.deepEqual(readAll([piece(0, "a", "f", '{"x":'), piece(1, "a", null, "1}")]), [
    { id: "a", name: "f", input: '{"x":1}' },
  ]);
});

test("calls that share an id at different indices stay apart", () => {
  assert.equal(readAll([piece(0, "f", "f", "{}"), piece(1, "f", "f", '{"x":1}')]).length, 2);
});

test("arguments given as an object or as null are read", () => {
  assert.equal(readAll([piece(0, "a", "f", { x: 1 })])[0]?.input, '{"x":1}');
  assert.equal(readAll([piece(0, "a", "f", "null"), piece(0, null, null, "{}")])[0]?.input, "{}");
});

test("a new id with each piece, its name repeated or not, is one call", () => {
  for (const name of [null, "f"]) {
    const pieces = [piece(0, "a", "f", '{"x"'), piece(0, "b", name, ":"), piece(0, "c", name, '"yz"}')];
    assert.deepEqual(readAll(pieces), [{ id: "a", name: "f", input: '{"x":"yz"}' }]);
  }
});

test("arguments written as JSON in a JSON string come as what is written in it", () => {
  const quoted = JSON.stringify('{"x":"\\"1\\""}');
  assert.equal(readAll([piece(0, "a", "f", quoted)])[0]?.input, '{"x":"\\"1\\""}');
  assert.equal(readAll(quoted.split("").map((letter) => piece(0, "a", "f", letter)))[0]?.input, '{"x":"\\"1\\""}');
  assert.equal(readAll([piece(0, "a", "f", '"no object"')])[0]?.input, '"no object"');
  const two = [piece(0, "a", "f", quoted), piece(0, "b", "f", quoted)];
  assert.deepEqual(
    readAll(two).map(({ id }) => id),
    ["a", "b"],
  );
});

test("an empty object is told among few blanks, and no long text is looked at: that would copy it with each piece", () => {
  assert.deepEqual(["{}", " {}\n", "{", '{"a":1}'].map(isEmptyObject), [true, true, false, false]);
  assert.equal(isEmptyObject(`{}${" ".repeat(1_000)}`), false);
});

test("null, blanks and an empty list stand for no arguments", () => {
  for (const text of ["null", " ", "\n", "[]", " [ ]\n"]) {
    assert.equal(readAll([piece(0, "a", "f", text)])[0]?.input, "", JSON.stringify(text));
    assert.equal(readAll([piece(0, "a", "f", text), piece(0, null, null, '{"x":1}')])[0]?.input, '{"x":1}');
  }
});

test("blanks without end before other arguments are read in one go", () => {
  const args = `${" ".repeat(500_000)}x`;
  assert.deepEqual(readAll([piece(0, "a", "f", args)]), [{ id: "a", name: "f", input: args }]);
  assert.deepEqual(readAll([piece(0, "a", "f", " [ ] ")]), [{ id: "a", name: "f", input: "" }]);
});

test("calls without end are not kept, and none of their arguments beyond what is judged", () => {
  const reader = new ToolCallReader();
  const places = new Set<number>();
  for (let index = 0; index < 5_000; index++) places.add(reader.read(piece(index, `c${index}`, "f", "{"), null).call);
  assert.equal(places.size, 1_024);
  assert.equal(reader.read(piece(5, null, null, "}"), null).call, 5);

  const endless = new ToolCallReader();
  const megabyte = "a".repeat(1024 * 1024);
  endless.read(piece(0, "a", "f", '{"x":"'), null);
  for (let count = 0; count < 40; count++) {
    const read = endless.read(piece(0, null, null, megabyte), null);
    assert.equal(read.argumentsText.length, megabyte.length);
  }
  // What was kept ends before this: it is no whole object, behind which a name would begin another call.
  endless.read(piece(0, null, null, '"}'), null);
  assert.equal(endless.read(piece(0, null, "f", "{}"), null).call, 0);
});
