/** docs/lifecycle.md tells the life of a call as `serve-call.ts` has it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/lifecycle.md"), "utf8");

test("docs/lifecycle.md has each step that is timed, in the order of the call", () => {
  const source = readFileSync(join(root, "src/gateway/serve-call.ts"), "utf8");
  const timed = [...source.matchAll(/endStep\(gateway, call, "([a-z-]+)"\)/g)].map(([, step]) => step);
  assert.ok(timed.length > 0);
  const told = [...page.matchAll(/^\d+\. \*\*([a-z ]+)\*\*/gm)].map(([, step]) => step!.replace(" ", "-"));
  assert.deepEqual(
    told.filter((step) => timed.includes(step)),
    timed,
  );
});

test("docs/lifecycle.md numbers its steps in order, and names files that are there", () => {
  const numbers = [...page.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  for (const [, name] of page.matchAll(/`([\w/-]+\.ts)`/g)) {
    const places = ["", "src", "src/gateway"].map((folder) => join(root, folder, name!));
    assert.ok(places.some(existsSync), name);
  }
});
