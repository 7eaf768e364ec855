import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "./csv.ts";

const cellOf = (text: string): string => toCsv([{ name: text }]).slice("name\r\n".length, -"\r\n".length);

test("cells that hold a comma, a quote or the end of a line are quoted", () => {
  assert.equal(toCsv([{ a: 'say "x", y', b: 0.5, c: null }]), 'a,b,c\r\n"say ""x"", y",0.5,\r\n');
});

test("no cell begins a formula, in no country's spreadsheet", () => {
  for (const start of ["=", "+", "-", "@", "\uFF1D"]) assert.equal(cellOf(`${start}1+1`), `'${start}1+1`);
  assert.equal(cellOf("\t=1"), `"'\t'=1"`);
  assert.equal(cellOf("m;=1+1"), `"m;'=1+1"`);
  assert.equal(cellOf("m\n=1+1"), `"m\n'=1+1"`);
});

test("a name that is none stays as it is, and so does a negative amount", () => {
  assert.equal(cellOf("claude-opus-5"), "claude-opus-5");
  assert.equal(toCsv([{ saved: -0.5 }]), "saved\r\n-0.5\r\n");
});

test("without rows there is a header all the same", () => {
  assert.equal(toCsv([], ["a", "b"]), "a,b\r\n");
});
