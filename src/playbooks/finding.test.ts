import assert from "node:assert/strict";
import { test } from "node:test";
import { critical, graded, ok, scoreOf, skipped, verdictExitCodes, verdictOf, warning } from "./finding.ts";

const [fine, warn, bad, left] = [ok("a", ""), warning("b", "", ""), critical("c", "", ""), skipped("d", "")];

test("the worst finding decides: exit code 0 fine, 1 warning, 2 critical", () => {
  assert.equal(verdictExitCodes[verdictOf([])], 0);
  assert.equal(verdictExitCodes[verdictOf([fine, left])], 0);
  assert.equal(verdictExitCodes[verdictOf([fine, warn, left])], 1);
  assert.equal(verdictExitCodes[verdictOf([warn, bad, fine])], 2);
});

test("a router that is down scores 0, and one critical finding leaves at most 50 whatever else is fine", () => {
  // The guide's script gave a service that was down 70 of 100 points, and exit code 0.
  assert.equal(scoreOf([bad], false), 0);
  assert.equal(scoreOf([fine, fine, fine, fine, bad], true), 50);
  assert.equal(scoreOf([fine, left], true), 100);
  assert.equal(scoreOf([warn, warn, fine], true), 80);
  assert.equal(scoreOf([bad, bad, bad, bad, warn], true), 0);
});

test("a limit is passed when it is reached", () => {
  const limits = { warning: 10, critical: 20 };
  const grade = (value: number): string => graded("x", value, limits, "", "").status;
  assert.deepEqual([9.9, 10, 19.9, 20].map(grade), ["ok", "warning", "warning", "critical"]);
});
