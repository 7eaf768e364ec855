import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnthropicMessagesWatch } from "../../dialects/anthropic-messages/watch.ts";
import { PassedWhole } from "./passed-whole.ts";

test("an answer too large to be read is whole where it ends as an object does, else cut", () => {
  const large = `{"content":"${"a".repeat(16 * 1024 * 1024)}`;
  for (const [end, refusal] of [
    ['"}\n', null],
    ['"', /provider's answer ends in the middle/],
  ] as const) {
    const relay = new PassedWhole(createAnthropicMessagesWatch(false));
    relay.push(Buffer.from(large));
    relay.push(Buffer.from(end));
    if (refusal === null) assert.equal(relay.end(), "");
    else assert.throws(() => relay.end(), refusal);
  }
});
