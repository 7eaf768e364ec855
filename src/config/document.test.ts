import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocument } from "./document.ts";

const linesOfProblems = (text: string): readonly (number | null)[] =>
  readDocument(text).problems.map(({ line, problem }) => {
    assert.match(problem, /stands for the second time in its map/);
    return line;
  });

test("every name that stands twice in its map is told, in the order of the file", () => {
  assert.deepEqual(linesOfProblems("a:\n  b: 1\n  b: 2\n  b: 3\nc: { d: 1, d: 2 }\na: 1\n"), [3, 4, 5, 6]);
  assert.deepEqual(linesOfProblems('list:\n  - x: 1\n    "x": 2\n  - x: 3\n'), [3]);
  assert.deepEqual(linesOfProblems("a: &one { x: 1 }\nb: &two { y: 1 }\nc:\n  <<: *one\n  <<: *two\n  x: 2\n"), []);
  const [{ line, column } = {}] = readDocument('{\n  "a": 1,\n  "a": 2\n}', "json").problems;
  assert.deepEqual([line, column], [3, 3]);
});

test("a name that stands twice is not told of beside what makes the file no YAML", () => {
  const problems = readDocument("a: 1\na: 2\nb: [\n").problems.map(({ problem }) => problem);
  assert.equal(problems.length, 1);
  assert.doesNotMatch(problems[0]!, /second time/);
});

test("thirty thousand names in one map are not compared each with each", () => {
  const text = Array.from({ length: 30_000 }, (_, index) => `model-${index}: {}\n`).join("");
  const before = process.cpuUsage();
  assert.deepEqual(readDocument(text).problems, []);
  assert.ok(process.cpuUsage(before).user < 5_000_000);
});
