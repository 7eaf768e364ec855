import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderPriceLists } from "../../../tools/price-lists.ts";
import { findListed, findMaker } from "./price-list.ts";

const folder = join(import.meta.dirname, "price-lists");

function readLists(): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".json"));
}

test("the price lists are those of the package @pydantic/genai-prices, and what it lacks", async () => {
  const files = await renderPriceLists();
  if (process.env["UPDATE"] === "1") {
    for (const name of readLists()) rmSync(join(folder, name));
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
  }
  assert.deepEqual(readLists(), [...files.keys()].toSorted());
  for (const [name, text] of files) assert.equal(readFileSync(join(folder, name), "utf8"), text, name);
});

test("a model is found by its name in any case, with a dated name written either way", () => {
  assert.equal(findListed("anthropic", " Claude-Sonnet-4-5-20250929 ")?.model.id, "claude-sonnet-4-5");
  assert.equal(findListed("openai", "gpt-4o-20240806")?.model.id, findListed("openai", "gpt-4o-2024-08-06")?.model.id);
  assert.equal(findListed("openai", "no-such-model"), null);
});

test("Claude models that the package does not tell apart have their own prices", () => {
  assert.equal(findListed("anthropic", "claude-haiku-5-5")?.model.id, "claude-haiku-5-5");
  assert.equal(findListed("anthropic", "claude-sonnet-5-5")?.model.id, "claude-sonnet-5-5");
  assert.equal(findListed("anthropic", "claude-sonnet-5-20260630")?.model.id, "claude-sonnet-5");
});

test("a list that falls back on others' models asks their prices in its own name", () => {
  const found = findListed("google", "claude-2");
  assert.equal(found?.list, "google");
  assert.deepEqual(found.model.prices, findListed("anthropic", "claude-2")?.model.prices);
});

test("the maker of a model is known by the model's name, or nobody is", () => {
  assert.equal(findMaker("claude-opus-5"), "anthropic");
  assert.equal(findMaker("GPT-5"), "openai");
  assert.equal(findMaker("no-such-model"), null);
});
