/** What every store of answers promises: run for the one in memory and for Redis. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AnswerStore, KeptAnswer } from "./answer-store.ts";
import { keptAnswer } from "./test-answer.ts";

export interface AnswerStoreUnderTest {
  readonly name: string;
  /** Why these tests cannot run here, or false. */
  readonly skip: string | false;
  /** An empty store; what it leaves behind goes with the test. */
  readonly open: (t: TestContext) => Promise<AnswerStore>;
}

const nowMs = 1_800_000_000_000;

export function testAnswerStoreConformance({ name, skip, open }: AnswerStoreUnderTest): void {
  function promise(title: string, run: (store: AnswerStore) => Promise<void>): void {
    void test(`${name}: ${title}`, { skip }, async (t) => run(await open(t)));
  }

  promise("an answer is found as it was kept, byte for byte", async (store) => {
    for (const [key, answer] of [
      ["small", keptAnswer({ body: Buffer.from("{}") })],
      ["empty", keptAnswer({ body: Buffer.alloc(0) })],
      ["large", keptAnswer({ body: Buffer.from("event: ping\ndata: {}\n\n".repeat(20_000)), isStream: true })],
      ["binary", keptAnswer({ body: Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 256)) })],
    ] as const) {
      await store.keep(key, answer, nowMs);
      assert.deepEqual(plain(await store.find(key, nowMs)), plain(answer), key);
    }
  });

  promise("what was not kept is not found; hits and misses are counted", async (store) => {
    assert.equal(await store.find("a", nowMs), null);
    await store.keep("a", keptAnswer(), nowMs);
    assert.ok((await store.find("a", nowMs)) !== null);
    assert.equal(await store.find("b", nowMs), null);
    const { hits, misses, errors } = store.stats();
    assert.deepEqual([hits, misses, errors], [1, 2, 0]);
  });

  promise("an answer is found until it expires, not after", async (store) => {
    await store.keep("a", keptAnswer({ expiresAtMs: nowMs + 60_000 }), nowMs);
    assert.ok((await store.find("a", nowMs + 59_999)) !== null);
    assert.equal(await store.find("a", nowMs + 60_000), null);
    await store.keep("late", keptAnswer({ expiresAtMs: nowMs }), nowMs);
    assert.equal(await store.find("late", nowMs - 1), null);
  });

  promise("a newer answer takes the place of an older one", async (store) => {
    await store.keep("a", keptAnswer({ body: Buffer.from("old") }), nowMs);
    await store.keep("a", keptAnswer({ body: Buffer.from("new") }), nowMs);
    assert.equal((await store.find("a", nowMs))?.body.toString(), "new");
  });

  promise("clearing drops what matches each condition that is given, and tells how many", async (store) => {
    const keep = async (key: string, user: string, model: string, askedModel: string): Promise<void> =>
      store.keep(key, keptAnswer({ user, askedModel, target: { provider: "p", model } }), nowMs);
    await keep("1", "ana", "opus", "alias");
    await keep("2", "ana", "haiku", "haiku");
    await keep("3", "ben", "opus", "opus");
    await keep("4", "ben", "haiku", "alias");
    assert.equal(await store.clear({ user: "ana", model: "p/opus" }), 1);
    assert.equal(await store.clear({ model: "alias" }), 1);
    assert.equal(await store.clear({ user: "nobody" }), 0);
    assert.deepEqual([await store.find("1", nowMs), await store.find("4", nowMs)], [null, null]);
    assert.ok((await store.find("3", nowMs)) !== null);
    assert.equal(await store.clear({}), 2);
    assert.deepEqual([await store.find("2", nowMs), await store.find("3", nowMs)], [null, null]);
  });
}

/** Buffers of any origin compare by their bytes. */
function plain(answer: KeptAnswer | null): object | null {
  return answer === null ? null : { ...answer, body: answer.body.toString("base64") };
}
