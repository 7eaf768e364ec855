import assert from "node:assert/strict";
import { test } from "node:test";
import { Authors, CallAuthors } from "./author.ts";
import type { Author } from "./author.ts";

const author = (user: string): Author => ({ target: { provider: "p", model: "m" }, tier: "standard", user });

test("the last calls are found by their ids, older ones and others are not", () => {
  const calls = new CallAuthors(3);
  const ids = ["req_1", "req_2", "req_3", "req_4"];
  for (const id of ids) calls.add(id, author(id));
  assert.deepEqual(
    [...ids, "", "req_5"].map((id) => calls.find(id)?.user),
    [undefined, "req_2", "req_3", "req_4", undefined, undefined],
  );
});

test("an id that came twice is its last call's", () => {
  const calls = new CallAuthors(3);
  calls.add("req_1", author("ada"));
  calls.add("req_1", author("bob"));
  assert.equal(calls.find("req_1")?.user, "bob");
});

test("answers of one author share one object, of two they do not", () => {
  const authors = new Authors();
  const caller = { user: "ada", team: null, tier: "standard", keyId: "k", allowedModels: null, limits: null as never };
  const first = authors.of({ provider: "p", model: "m" }, caller);
  assert.equal(authors.of({ provider: "p", model: "m" }, { ...caller, keyId: "other" }), first);
  assert.notEqual(authors.of({ provider: "p", model: "n" }, caller), first);
  assert.notEqual(authors.of({ provider: "p", model: "m" }, { ...caller, user: "bob" }), first);
  assert.deepEqual(first, { target: { provider: "p", model: "m" }, tier: "standard", user: "ada" });
});
