import assert from "node:assert/strict";
import { test } from "node:test";
import { Link } from "./link.ts";
import type { LinkHandler, LinkMessage } from "./link.ts";

/** Two ends; messages pass as JSON, at the next turn. */
function connect(handlers: Readonly<Record<string, LinkHandler>>): { readonly near: Link; readonly far: Link } {
  const pass = (to: () => Link) => (message: LinkMessage) => {
    const text = JSON.stringify(message);
    setImmediate(() => to().receive(JSON.parse(text) as LinkMessage));
  };
  const near: Link = new Link(
    pass(() => far),
    {},
  );
  const far: Link = new Link(
    pass(() => near),
    handlers,
  );
  return { near, far };
}

test("answers find their questions, also where a later one is answered first", async () => {
  const first = Promise.withResolvers<string>();
  const { near } = connect({ slow: () => first.promise, quick: (value: number) => value + 1 });
  const slow = near.ask("slow", null);
  assert.equal(await near.ask("quick", 1), 2);
  first.resolve("late");
  assert.equal(await slow, "late");
});

test("a handler that fails, or is not there, rejects the question and nothing else", async () => {
  const { near } = connect({
    fails: () => {
      throw new Error("no such budget");
    },
    works: () => undefined,
  });
  await assert.rejects(near.ask("fails", null), /no such budget/);
  await assert.rejects(near.ask("unknown", null));
  assert.equal(await near.ask("works", null), null);
});

test("words that want no answer come in their order, and one that nobody knows is passed over", async () => {
  const heard: number[] = [];
  const { near } = connect({ hear: (value: number) => heard.push(value), last: () => null });
  for (const value of [1, 2, 3]) near.tell("hear", value);
  near.tell("unknown", 4);
  await near.ask("last", null);
  assert.deepEqual(heard, [1, 2, 3]);
});

test("when the other side is gone, whoever waits hears so, and so does whoever asks later", async () => {
  const { near } = connect({ never: () => new Promise(() => undefined) });
  const waiting = near.ask("never", null);
  near.close();
  near.close();
  await assert.rejects(waiting, /the other process is gone/);
  await assert.rejects(near.ask("never", null), /the other process is gone/);
  near.tell("never", null);
});
