import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyFacts } from "../../dialects/answer-facts.ts";
import { translateStream } from "./answer-relay.ts";
import { collectedLimitBytes } from "./whole-body.ts";

test("a translated stream that does not end is given up before it fills the memory", () => {
  let pushedBytes = 0;
  const relay = translateStream("anthropic-messages", {
    push(piece) {
      pushedBytes += piece.byteLength;
      return "event";
    },
    end: () => "",
    fail: () => "",
    hasFailed: () => false,
    facts: () => emptyFacts,
  });
  const piece = new Uint8Array(collectedLimitBytes / 4);
  for (let count = 0; count < 4; count++) assert.equal(relay.push(piece), "event");
  assert.throws(() => relay.push(new Uint8Array(1)), /answer is larger than/);
  assert.equal(pushedBytes, collectedLimitBytes);
});
