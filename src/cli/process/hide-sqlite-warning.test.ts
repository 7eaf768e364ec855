import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("Node 22's warning of its SQLite is no part of any output; other warnings are", () => {
  const program = `
    const { hideSqliteWarning } = await import(${JSON.stringify(import.meta.resolve("./hide-sqlite-warning.ts"))});
    hideSqliteWarning();
    process.emitWarning("SQLite is an experimental feature and might change at any time", "ExperimentalWarning");
    process.emitWarning("something else", "ExperimentalWarning");
    process.emitWarning("SQLite is slow", { code: "ours" });`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.match(stderr, /ExperimentalWarning: something else/);
  assert.match(stderr, /Warning: SQLite is slow/);
  assert.doesNotMatch(stderr, /SQLite is an experimental/);
});
