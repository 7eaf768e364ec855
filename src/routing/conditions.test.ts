import assert from "node:assert/strict";
import { test } from "node:test";
import { compileConditions } from "./conditions.ts";
import { featuresOf } from "./testdata/features.ts";

test("hours end before their last hour and may pass midnight", () => {
  const day = compileConditions({ hours: "9-17" });
  const night = compileConditions({ hours: "22-6" });
  const hoursOf = (condition: typeof day): number[] =>
    [...Array(24).keys()].filter((hour) => condition(featuresOf({ hour })));
  assert.deepEqual(hoursOf(day), [9, 10, 11, 12, 13, 14, 15, 16]);
  assert.deepEqual(hoursOf(night), [0, 1, 2, 3, 4, 5, 22, 23]);
});

test("hours reach to the end of the day, and none lie between an hour and itself", () => {
  const countOf = (hours: string): number => {
    const condition = compileConditions({ hours });
    return [...Array(24).keys()].filter((hour) => condition(featuresOf({ hour }))).length;
  };
  assert.deepEqual(["0-24", "22-24", "24-2", "9-9"].map(countOf), [24, 2, 2, 0]);
});

test("each day of the week is itself, from Sunday on", () => {
  for (const [weekday, name] of ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].entries()) {
    const condition = compileConditions({ weekdays: [name] });
    const met = [...Array(7).keys()].filter((day) => condition(featuresOf({ weekday: day })));
    assert.deepEqual(met, [weekday], name);
  }
});

test("hours and weekdays that mean nothing are refused", () => {
  assert.throws(() => compileConditions({ hours: "9 to 5" }), RangeError);
  for (const hours of ["9-99", "25-3", "9-25"]) assert.throws(() => compileConditions({ hours }), RangeError);
  assert.throws(() => compileConditions({ weekdays: ["someday"] }), RangeError);
});

test("each name in a condition is compared with that of the call", () => {
  const calls = {
    model: { askedModel: "x" },
    user: { caller: { ...featuresOf().caller, user: "x" } },
    team: { caller: { ...featuresOf().caller, team: "x" } },
    tier: { caller: { ...featuresOf().caller, tier: "x" } },
    key: { caller: { ...featuresOf().caller, keyId: "x" } },
    app: { app: "x" },
    endpoint: { endpoint: "x" },
    dialect: { dialect: "x" },
    header: { header: (name: string) => (name === "x" ? "x" : undefined) },
  };
  for (const condition of Object.keys(calls)) {
    const isMet = compileConditions({ [condition]: condition === "header" ? { X: "x" } : "x" });
    const meeting = Object.entries(calls).filter(([, changes]) => isMet(featuresOf(changes as object)));
    assert.deepEqual(
      meeting.map(([name]) => name),
      [condition],
    );
  }
});

test("each flag in a condition is compared with what the call has", () => {
  const calls = {
    hasTools: { hasTools: () => true },
    hasImages: { hasImages: () => true },
    thinking: { isThinking: () => true },
    webSearch: { hasWebSearch: () => true },
    subagent: { isSubagent: true },
  };
  for (const condition of Object.keys(calls)) {
    const [isWanted, isUnwanted] = [true, false].map((flag) => compileConditions({ [condition]: flag }));
    for (const [name, changes] of Object.entries(calls)) {
      assert.equal(isWanted?.(featuresOf(changes)), name === condition);
      assert.equal(isUnwanted?.(featuresOf(changes)), name !== condition);
    }
  }
});

test("bounds of the prompt's length belong to it", () => {
  const condition = compileConditions({ minInputTokens: 10, maxInputTokens: 12 });
  const met = [9, 10, 11, 12, 13].filter((tokens) => condition(featuresOf({ inputTokens: () => tokens })));
  assert.deepEqual(met, [10, 11, 12]);
});

test("names match by pattern without case, lists match if one does", () => {
  const condition = compileConditions({ model: ["claude-opus-*", "GPT-5"] });
  assert.equal(condition(featuresOf({ askedModel: "claude-opus-4-1" })), true);
  assert.equal(condition(featuresOf({ askedModel: "gpt-5" })), true);
  assert.equal(condition(featuresOf({ askedModel: "gpt-5-mini" })), false);
});

test("a pattern's other characters mean themselves", () => {
  assert.equal(compileConditions({ model: "a.c*" })(featuresOf({ askedModel: "abc" })), false);
  assert.equal(compileConditions({ model: "a.c*" })(featuresOf({ askedModel: "a.c-1" })), true);
});

test("every given condition must hold", () => {
  const condition = compileConditions({
    thinking: true,
    hasTools: false,
    header: { "X-Team": "web*" },
    weekdays: ["mon"],
  });
  const header = (name: string): string | undefined => (name === "x-team" ? "website" : undefined);
  assert.equal(condition(featuresOf({ isThinking: () => true, header })), true);
  assert.equal(condition(featuresOf({ isThinking: () => true, header, hasTools: () => true })), false);
  assert.equal(condition(featuresOf({ isThinking: () => true, header, weekday: 2 })), false);
  assert.equal(condition(featuresOf({ isThinking: () => true })), false);
});
