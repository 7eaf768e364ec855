import { strict as assert } from "node:assert";
import { test } from "node:test";
import { MemberIndex } from "./member-index.ts";
import type { MemberRule } from "./member-index.ts";

function rule(scope: string, id: string | null): MemberRule {
  return { scope, id };
}

test("rules are found by scope and member, in their order", () => {
  const index = new MemberIndex();
  const rules = [rule("user", "ada"), rule("team", "ada"), rule("user", null), rule("user", "ada")];
  assert.deepEqual(index.find(rules, "user", "ada"), [rules[0], rules[3]]);
  assert.deepEqual(index.find(rules, "user", null), [rules[2]]);
  assert.deepEqual(index.find(rules, "user", "bob"), []);
  assert.deepEqual(index.find(rules, "model", "ada"), []);
});

test("those of all together are found whatever member they name", () => {
  const rules = [rule("all", "nobody"), rule("all", null)];
  assert.deepEqual(new MemberIndex().find(rules, "all", null), rules);
});

test("other rules are other rules, also where their number is the same", () => {
  const index = new MemberIndex();
  assert.equal(index.find([rule("user", "ada")], "user", "ada").length, 1);
  assert.equal(index.find([rule("user", "bob")], "user", "ada").length, 0);
});

test("once they are read, a search looks at no rule", () => {
  const index = new MemberIndex();
  let looks = 0;
  const rules = Array.from({ length: 100 }, (_, number) => ({
    scope: "user",
    get id() {
      looks++;
      return `user-${number}`;
    },
  }));
  index.find(rules, "user", "user-1");
  looks = 0;
  for (let number = 0; number < 100; number++) assert.equal(index.find(rules, "user", `user-${number}`).length, 1);
  assert.equal(looks, 0);
});
