import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderErrorsPage } from "./error-page.ts";
import { errorTable } from "./error-table.ts";

const root = join(import.meta.dirname, "../../..");

test("docs/errors.md says what the table says (UPDATE=1 rewrites it)", () => {
  const path = join(root, "docs/errors.md");
  if (process.env["UPDATE"] === "1") writeFileSync(path, renderErrorsPage());
  assert.equal(readFileSync(path, "utf8"), renderErrorsPage());
});

test("every code of the table is used somewhere, so that no error is only promised", () => {
  const sources = globSync("src/**/*.ts", { cwd: root, exclude: ["src/core/errors/error-table.ts", "**/*.test.ts"] });
  const text = sources.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const unused = Object.keys(errorTable).filter((code) => !text.includes(`"${code}"`));
  assert.deepEqual(unused, [], "no file of src/ throws these: throw them, or take their rows out of the table");
});
