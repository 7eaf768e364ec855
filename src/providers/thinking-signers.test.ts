import assert from "node:assert/strict";
import { test } from "node:test";
import { ThinkingSigners, signerOf } from "./thinking-signers.ts";

test("thinking is its signer's own and foreign to everybody else; unknown thinking is neither", () => {
  const signers = new ThinkingSigners();
  signers.remember("zai", ["a"]);
  assert.deepEqual([signers.isOwn("zai", "a"), signers.isForeign("zai", "a")], [true, false]);
  assert.deepEqual([signers.isOwn("anthropic", "a"), signers.isForeign("anthropic", "a")], [false, true]);
  assert.deepEqual([signers.isOwn("zai", "b"), signers.isForeign("zai", "b")], [false, false]);
});

test("a mark that several providers send is foreign to nobody, however often they send it", () => {
  const signers = new ThinkingSigners();
  for (const signer of ["one", "two", "one", "two", "one"]) signers.remember(signer, ["same"]);
  assert.equal(signers.isForeign("one", "same"), false);
  assert.equal(signers.isForeign("two", "same"), false);
});

test("what a provider has refused is foreign to it, whoever made it", () => {
  const signers = new ThinkingSigners();
  signers.refuse("anthropic", ["unknown"]);
  assert.equal(signers.isForeign("anthropic", "unknown"), true);
  assert.equal(signers.isForeign("zai", "unknown"), false);
});

test("nothing is searched for as long as nobody else has signed or refused anything", () => {
  const signers = new ThinkingSigners();
  signers.remember("anthropic", ["a"]);
  assert.equal(signers.knowsForeign("anthropic"), false);
  assert.equal(signers.knowsForeign("zai"), true);
  signers.refuse("anthropic", ["b"]);
  assert.equal(signers.knowsForeign("anthropic"), true);
});

test("what was remembered longest ago is forgotten first", () => {
  const signers = new ThinkingSigners(2);
  signers.remember("zai", ["a", "b", "c"]);
  assert.deepEqual(
    ["a", "b", "c"].map((mark) => signers.isOwn("zai", mark)),
    [false, true, true],
  );
});

test("Anthropic's accounts and addresses are one signer; other providers are known by name", () => {
  assert.equal(signerOf({ kind: "anthropic", name: "team-a" }), signerOf({ kind: "anthropic", name: "team-b" }));
  assert.notEqual(signerOf({ kind: "custom", name: "a" }), signerOf({ kind: "custom", name: "b" }));
});
