import assert from "node:assert/strict";
import { test } from "node:test";
import { isSmallModelName } from "./small-model-name.ts";

test("names that say that a model is small are told from those that hold such a word by chance", () => {
  const small = [
    "claude-haiku-4-5",
    "gpt-5.4-nano",
    "gpt-4o-mini",
    "gemini-2.5-flash-lite",
    "mistral-small",
    "Ministral-8B",
  ];
  const others = ["gemini-2.5-pro", "google/gemini-3-pro", "MiniMax-M2", "grok-4-elite", "claude-opus-5"];
  assert.deepEqual([...small, ...others].filter(isSmallModelName), small);
});
