import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { collectAtRest } from "./collect-at-rest.ts";

test("what nobody holds any more is given back when the process has been at rest", async () => {
  const leftover = new WeakRef(Buffer.alloc(1));
  collectAtRest(10);
  await waitUntil("the leftover is collected", () => leftover.deref() === undefined);
  assert.equal(globalThis.gc, undefined);
});
