/** How the console writes figures. */
import assert from "node:assert/strict";
import { test } from "node:test";

/** The page's own script, which has no types for programs. */
const script: string = new URL("../../src/admin/console/format.js", import.meta.url).href;
const { ago, duration } = (await import(script)) as {
  readonly ago: (atMs: number, nowMs: number) => string;
  readonly duration: (ms: number) => string;
};

test("a duration never begins with none of its larger unit", () => {
  const written = [59_499, 59_600, 3_569_999, 3_570_000, 3_599_600, 86_399_000, 86_399_600].map(duration);
  assert.deepEqual(written, ["59 s", "1 min 0 s", "59 min 30 s", "59 min 30 s", "1 h 0 min", "23 h 59 min", "1 d 0 h"]);
});

test("what is past is told in whole units", () => {
  const told = [4_999, 7_400, 59_999, 61_500].map((passedMs) => ago(0, passedMs));
  assert.deepEqual(told, ["just now", "7 s ago", "59 s ago", "1 min 1 s ago"]);
});
