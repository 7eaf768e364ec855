import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { renderCliPage } from "./cli-page.ts";

const pageUrl = new URL("../../docs/cli.md", import.meta.url);

test("docs/cli.md says what the help says (UPDATE=1 rewrites it)", () => {
  const page = renderCliPage();
  if (process.env["UPDATE"] === "1") writeFileSync(pageUrl, page);
  assert.equal(readFileSync(pageUrl, "utf8"), page);
});
