import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "./visible-text.ts";

test("signs that a terminal obeys, that turn text around or that nobody sees are spelled out", () => {
  assert.equal(visibleText("a\u001b[2Jb\u0007"), "a\\u001b[2Jb\\u0007");
  assert.equal(
    visibleText("claude-\u202eevil\u202c, \u2066x\u2069, a\u200bna, \ufeffb"),
    "claude-\\u202eevil\\u202c, \\u2066x\\u2069, a\\u200bna, \\ufeffb",
  );
});

test("lines, tabs, all scripts and joined signs stay as they are", () => {
  for (const text of ["a\n\tb", "שלום", "نمی\u200cخواهم", "👩\u200d💻", "é"]) assert.equal(visibleText(text), text);
});
