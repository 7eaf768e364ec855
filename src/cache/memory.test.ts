import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { testAnswerStoreConformance } from "./answer-store.conformance.ts";
import { entryOverheadBytes, MemoryAnswerStore } from "./memory.ts";
import { keptAnswer } from "./test-answer.ts";

testAnswerStoreConformance({
  name: "memory",
  skip: false,
  open: () => Promise.resolve(new MemoryAnswerStore(64 * 1024 * 1024)),
});

const sizeOf = (bytes: number): number => bytes + entryOverheadBytes;
const sized = (bytes: number, expiresAtMs = 1e15) =>
  keptAnswer({ body: Buffer.alloc(bytes), pace: [], keptAtMs: 0, expiresAtMs });

/** What the store promises, in the simplest way: a list, the least recently used first. */
class Model {
  entries: { key: string; bytes: number; expiresAtMs: number }[] = [];

  readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  find(key: string, nowMs: number): boolean {
    const entry = this.entries.find((one) => one.key === key);
    if (entry === undefined) return false;
    this.entries = this.entries.filter((one) => one !== entry);
    if (entry.expiresAtMs <= nowMs) return false;
    this.entries.push(entry);
    return true;
  }

  keep(key: string, bytes: number, expiresAtMs: number, nowMs: number): void {
    this.entries = this.entries.filter((one) => one.key !== key);
    if (bytes > this.maxBytes || expiresAtMs <= nowMs) return;
    for (let count = 0; count < 2 && (this.entries[0]?.expiresAtMs ?? Infinity) <= nowMs; count++) this.entries.shift();
    this.entries.push({ key, bytes, expiresAtMs });
    while (this.bytes() > this.maxBytes) this.entries.shift();
  }

  bytes(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("find" as const), key: fc.constantFrom("a", "b", "c", "d", "e") }),
  fc.record({
    kind: fc.constant("keep" as const),
    key: fc.constantFrom("a", "b", "c", "d", "e"),
    bytes: fc.integer({ min: 0, max: 6_000 }),
    ttlMs: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 8 }) }),
);

test("whatever is kept and asked for, the least recently used goes first and the bound holds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const maxBytes = 10_000;
      const [store, model] = [new MemoryAnswerStore(maxBytes), new Model(maxBytes)];
      let nowMs = 0;
      for (const one of steps) {
        if (one.kind === "wait") nowMs += one.ms;
        else if (one.kind === "find") assert.equal(store.peek(one.key, nowMs) !== null, model.find(one.key, nowMs));
        else {
          store.put(one.key, sized(one.bytes, nowMs + one.ttlMs), nowMs);
          model.keep(one.key, sizeOf(one.bytes), nowMs + one.ttlMs, nowMs);
        }
        const { bytes, entries } = store.stats();
        assert.deepEqual([bytes, entries], [model.bytes(), model.entries.length]);
        assert.ok(bytes! <= maxBytes);
      }
    }),
    { numRuns: 300 },
  );
});

test("an answer larger than the bound is not kept, and drives nothing out", () => {
  const store = new MemoryAnswerStore(10_000);
  store.put("a", sized(100), 0);
  store.put("b", sized(10_000), 0);
  assert.deepEqual([store.peek("a", 0) === null, store.peek("b", 0)], [false, null]);
  assert.equal(store.stats().evictions, 0);
});

test("whether an answer is there is asked without a look-up, of those that are fresh enough", () => {
  const store = new MemoryAnswerStore(100_000);
  store.put("a", keptAnswer({ keptAtMs: 100, expiresAtMs: 200 }), 100);
  const has = (nowMs: number, freshSinceMs: number): boolean => store.has("a", nowMs, freshSinceMs);
  assert.deepEqual([has(199, -Infinity), has(199, 100), has(199, 101), has(200, 100)], [true, true, false, false]);
  assert.equal(store.has("b", 100, -Infinity), false);
  const { hits, misses, entries } = store.stats();
  assert.deepEqual([hits, misses, entries], [0, 0, 1]);
});

test("an answer that was found and is of no use counts as a miss, not as a hit", () => {
  const store = new MemoryAnswerStore(100_000);
  store.put("a", sized(1), 0);
  for (let time = 0; time < 2; time++) store.peek("a", 0);
  store.countAsMiss();
  const { hits, misses } = store.stats();
  assert.deepEqual([hits, misses], [1, 1]);
});

test("the pace of a stream takes room too", () => {
  const bytesWith = (marks: number): number => {
    const store = new MemoryAnswerStore(1_000_000);
    const pace = Array.from({ length: marks }, (_, index) => ({ afterMs: index, bytes: 1 }));
    store.put("a", keptAnswer({ pace, keptAtMs: 0 }), 0);
    return store.stats().bytes ?? 0;
  };
  assert.ok(bytesWith(1_000) - bytesWith(0) >= 16_000, "two numbers each");
});

test("a smaller bound holds at once; none is refused", () => {
  const store = new MemoryAnswerStore(100_000);
  for (const key of ["a", "b", "c"]) store.put(key, sized(1_000), 0);
  store.configure(sizeOf(1_000));
  assert.deepEqual(
    ["a", "b", "c"].map((key) => store.peek(key, 0) !== null),
    [false, false, true],
  );
  assert.throws(() => store.configure(0), RangeError);
  assert.throws(() => new MemoryAnswerStore(Number.NaN), RangeError);
});

test("100,000 distinct answers pass, and the memory that is taken stays under the bound", async () => {
  const maxBytes = 8 * 1024 * 1024;
  const store = new MemoryAnswerStore(maxBytes);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const usedBytes = async (): Promise<number> => {
    // What the first collection finds dead is given back outside of the heap only later.
    for (let time = 0; time < 3; time++) {
      collect();
      await setImmediate();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = await usedBytes();
  for (let index = 0; index < 100_000; index++) {
    const body = Buffer.allocUnsafeSlow(120);
    body.fill(index % 256);
    store.put(`key-${index}`, keptAnswer({ body, pace: [], expiresAtMs: 1e15 }), 0);
    if (index % 10_000 === 0) assert.ok(store.stats().bytes! <= maxBytes);
  }
  const { bytes, entries, evictions } = store.stats();
  assert.ok(bytes! <= maxBytes && entries! + evictions === 100_000);
  const takenBytes = (await usedBytes()) - before;
  assert.ok(takenBytes < maxBytes, `${takenBytes} bytes`);
  assert.ok(store.peek("key-99999", 0) !== null);
});
