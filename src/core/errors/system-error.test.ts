import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileErrorReason, fileErrorText } from "./system-error.ts";

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}

test("names the file and tells the reason in words, with the code for searching", () => {
  const error = errorOf(() => readFileSync("/none/x"));
  assert.equal(fileErrorText(error), "/none/x: there is no such file or folder (ENOENT)");
});

test("tells the reason alone where the file is named otherwise", () => {
  assert.equal(fileErrorReason(errorOf(() => readFileSync(tmpdir()))), "it is a folder, not a file (EISDIR)");
  assert.equal(fileErrorReason(Object.assign(new Error("x"), { code: "EXDEV" })), "EXDEV");
});

test("leaves errors that no file caused to others", () => {
  assert.equal(fileErrorText(new Error("x")), null);
  assert.equal(fileErrorText("x"), null);
});
