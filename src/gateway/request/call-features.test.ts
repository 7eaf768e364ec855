import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../core/caller.ts";
import { noLimits } from "../../core/caller.ts";
import { CallFeatures } from "./call-features.ts";
import { readCall } from "./read-call.ts";

const caller: Caller = {
  user: "ana",
  team: null,
  tier: "standard",
  keyId: "k",
  allowedModels: null,
  limits: noLimits,
};

/** The session of a request that names it in its body alone. */
function sessionOf(userId: string): string | null {
  const request = readCall(Buffer.from(JSON.stringify({ model: "m", messages: [], metadata: { user_id: userId } })));
  const source = { header: () => undefined };
  return new CallFeatures("messages", "anthropic-messages", caller, source, request, 0).sessionId;
}

test("a session is read from metadata, as clients write it now and as older ones did", () => {
  assert.equal(sessionOf(JSON.stringify({ device_id: "d", session_id: "one" })), "one");
  assert.equal(sessionOf(`user_${"0".repeat(64)}_account__session_0f8fad5b-d9cb`), "0f8fad5b-d9cb");
  assert.equal(sessionOf("somebody"), null);
});

test("a user id in which the mark of a session stands thousands of times is read in one go", () => {
  assert.equal(sessionOf(`${"_session_".repeat(7_000)}!`), null);
});

test("metadata beyond 64 KB is not read for a session", () => {
  const padded = (length: number): string => JSON.stringify({ session_id: "one", more: "m".repeat(length) });
  assert.equal(sessionOf(padded(60_000)), "one");
  assert.equal(sessionOf(padded(70_000)), null);
});
