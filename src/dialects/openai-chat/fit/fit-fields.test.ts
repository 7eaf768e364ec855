import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTraits } from "../../target-traits.ts";
import { fitFields } from "./fit-fields.ts";

const known = defaultTraits({ provider: "p", model: "m" });
const traits = { ...known, refusedFields: ["store", "seed"], refusedMessageFields: ["refusal", "annotations"] };
const user = { role: "user", content: "q" };

test("fields that the target refuses are left out, of the request and of its messages", () => {
  const answer = { role: "assistant", content: "a", refusal: null, annotations: [] };
  assert.deepEqual(fitFields({ store: false, seed: 1, n: 1, messages: [user, answer] }, traits), {
    n: 1,
    messages: [user, { role: "assistant", content: "a" }],
  });
});

test("a refusal stays as text", () => {
  const answer = { role: "assistant", content: null, refusal: "No." };
  assert.deepEqual(fitFields({ messages: [user, answer] }, traits)["messages"], [
    user,
    { role: "assistant", content: "No." },
  ]);
});

test("what fits stays the same object", () => {
  const body = { n: 1, messages: [user] };
  assert.equal(fitFields(body, traits), body);
  const more = { store: true, messages: [{ ...user, refusal: null }] };
  assert.equal(fitFields(more, known), more);
});
