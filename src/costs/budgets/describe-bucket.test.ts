import assert from "node:assert/strict";
import { test } from "node:test";
import { describeBucket } from "./describe-bucket.ts";

test("a cap is called by its name", () => {
  assert.equal(describeBucket({ scope: "user", id: "ada", period: "daily" }), "the daily budget of user ada");
  assert.equal(describeBucket({ scope: "all", id: "", period: "monthly" }), "the monthly budget of everyone together");
});
