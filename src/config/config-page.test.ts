import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { isJsonObject, toJsonArray } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { renderConfigPage } from "./config-page.ts";
import { editorJsonSchema, knownKeysAt, plainJsonSchema } from "./json-schema.ts";

const pageUrl = new URL("../../docs/config.md", import.meta.url);
const schemaUrl = new URL("../../docs/ccr.schema.json", import.meta.url);

test("docs/config.md says what the schema says (UPDATE=1 rewrites it)", () => {
  const page = renderConfigPage();
  if (process.env["UPDATE"] === "1") writeFileSync(pageUrl, page);
  assert.equal(readFileSync(pageUrl, "utf8"), page);
});

test("docs/ccr.schema.json is the schema (UPDATE=1 rewrites it)", () => {
  const text = `${JSON.stringify(editorJsonSchema(), null, 2)}\n`;
  if (process.env["UPDATE"] === "1") writeFileSync(schemaUrl, text);
  assert.equal(readFileSync(schemaUrl, "utf8"), text);
});

test("every setting of the schema has a meaning", () => {
  const missing: string[] = [];
  const walk = (node: JsonObject, path: string): void => {
    for (const [name, child] of Object.entries(isJsonObject(node.properties) ? node.properties : {})) {
      if (!isJsonObject(child)) continue;
      if (typeof child.description !== "string") missing.push(`${path}${name}`);
      walk(child, `${path}${name}.`);
    }
    const inner = [node.additionalProperties, node.items, ...toJsonArray(node.anyOf), ...toJsonArray(node.allOf)];
    for (const child of inner) if (isJsonObject(child)) walk(child, `${path}*.`);
  };
  walk(plainJsonSchema(), "");
  assert.deepEqual(missing, [], "src/config/schema/ tells what a setting means by .describe(…)");
});

test("the page has a row for settings deep inside maps and lists", () => {
  const page = renderConfigPage();
  for (const path of ["providers.<name>.keys[].value", "routing.rules[].when.minInputTokens", "budgets.caps[].scope"]) {
    assert.ok(page.includes(`| \`${path}\` |`), path);
  }
});

test("the page calls a map of anything no map to text", () => {
  const page = renderConfigPage();
  assert.ok(page.includes("| `claudeCode.managedSettings` | map |"));
  assert.ok(page.includes("| `routing.rules[].when.header` | map to text |"));
});

test("the keys that a place knows are found through maps, lists and alternatives", () => {
  assert.ok(knownKeysAt([]).includes("providers"));
  assert.ok(knownKeysAt(["providers", "work"]).includes("baseUrl"));
  assert.ok(knownKeysAt(["routing", "rules", 0, "when"]).includes("hasTools"));
  assert.ok(knownKeysAt(["providers", "work", "models", "gpt-5"]).includes("contextTokens"));
  assert.deepEqual(knownKeysAt(["no", "such", "place"]), []);
});
