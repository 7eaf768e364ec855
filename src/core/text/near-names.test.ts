import assert from "node:assert/strict";
import { test } from "node:test";
import { nearNames } from "./near-names.ts";

test("the nearest names come first, none that differs in more than half of its letters", () => {
  const names = ["gpt-5", "claude-opus-5", "claude-opus-4-5", "claude-sonnet-5"];
  assert.deepEqual(nearNames("Claude-Opus-55", names), ["claude-opus-5", "claude-opus-4-5", "claude-sonnet-5"]);
});

test("names that are too short or too long to be meant are not compared: a client's long word must not hold up everybody", () => {
  let comparisons = 0;
  const name = (text: string): string =>
    Object.assign(Object.create(null), { length: text.length, toLowerCase: () => (comparisons++, text) });
  const names = Array.from({ length: 100 }, (_, index) => name(`model-${index}`));
  assert.deepEqual(nearNames("x".repeat(400), names), []);
  assert.deepEqual(nearNames("x", names), []);
  assert.equal(comparisons, 0);
});
