import assert from "node:assert/strict";
import { test } from "node:test";
import { actorOf } from "./actor.ts";

test("whoever changes something is named by eight digits of the key's hash, and by the machine where no key is needed", () => {
  assert.equal(actorOf({ adminKeyHash: "0123456789abcdef" }), "admin-key-01234567");
  assert.equal(actorOf({ adminKeyHash: null }), "loopback");
});
