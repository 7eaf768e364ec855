import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchErrorReason } from "./fetch-error.ts";

test("a port that fetch refuses is said in words, what the system refuses by its code", async () => {
  const reasonAt = (url: string): Promise<string> => fetch(url).then(() => "answered", fetchErrorReason);
  assert.match(await reasonAt("http://127.0.0.1:1"), /refuse this port, which the Fetch standard blocks$/);
  assert.equal(await reasonAt("http://127.0.0.1:2"), "ECONNREFUSED");
  assert.equal(fetchErrorReason(new Error("other")), "Error: other");
});
