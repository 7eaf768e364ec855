import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { catalog } from "./catalog.ts";
import { renderProvidersPage } from "./page.ts";

const file = new URL("../../../docs/providers.md", import.meta.url);

test("docs/providers.md says what the catalog says (UPDATE=1 writes it)", () => {
  if (process.env["UPDATE"] === "1") writeFileSync(file, renderProvidersPage());
  assert.equal(readFileSync(file, "utf8"), renderProvidersPage());
});

test("the page has every provider with its quirks and sources", () => {
  const page = renderProvidersPage();
  for (const entry of catalog) {
    assert.ok(page.includes(`## ${entry.title}\n`));
    for (const { fact, source } of entry.quirks) assert.ok(page.includes(`- ${fact} (<${source}>)`));
  }
});
