import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { PromptCache } from "./prompt-cache.ts";
import type { PromptSegment } from "./prompt.ts";
import { countTokens, templateTokens } from "./tokens.ts";

const long = "a".repeat(7200);
const tokensOfLong = countTokens(long);
const segment = (text: string, cacheTtl: PromptSegment["cacheTtl"] = null): PromptSegment => ({ text, cacheTtl });

describe("a cache with marks", () => {
  test("writes what is marked and reads it when the same prompt grows", () => {
    const cache = new PromptCache(createManualClock(0));
    const first = cache.readMarked("m", [segment(long, "5m"), segment("question")]);
    assert.deepEqual(first, {
      uncached: countTokens("question") + templateTokens,
      read: 0,
      write5m: tokensOfLong,
      write1h: 0,
    });
    const second = cache.readMarked("m", [segment(long), segment("question"), segment("answer", "5m")]);
    assert.equal(second.read, tokensOfLong);
    assert.equal(second.write5m, countTokens("question") + countTokens("answer"));
    assert.equal(second.uncached, templateTokens);
  });

  test("keeps 5-minute entries five minutes from their last use, 1-hour ones an hour", () => {
    const clock = createManualClock(0);
    const cache = new PromptCache(clock);
    const ask = (ttl: "5m" | "1h"): number => cache.readMarked(ttl, [segment(long, ttl)]).read;
    ask("5m");
    ask("1h");
    clock.advanceMs(4 * 60_000);
    assert.equal(ask("5m"), tokensOfLong);
    clock.advanceMs(4 * 60_000);
    assert.equal(ask("5m"), tokensOfLong, "the use four minutes ago prolonged it");
    clock.advanceMs(6 * 60_000);
    assert.equal(ask("5m"), 0);
    assert.equal(ask("1h"), tokensOfLong);
  });

  test("does not share entries between models, nor after a change before the mark", () => {
    const cache = new PromptCache(createManualClock(0));
    cache.readMarked("m", [segment(long, "5m")]);
    assert.equal(cache.readMarked("other", [segment(long, "5m")]).read, 0);
    assert.equal(cache.readMarked("m", [segment("x"), segment(long, "5m")]).read, 0);
  });

  test("does not cache a prefix under the minimum", () => {
    const cache = new PromptCache(createManualClock(0));
    const ask = (): object => cache.readMarked("m", [segment("short", "5m")]);
    assert.deepEqual(ask(), { uncached: countTokens("short") + templateTokens, read: 0, write5m: 0, write1h: 0 });
    assert.deepEqual(ask(), { uncached: countTokens("short") + templateTokens, read: 0, write5m: 0, write1h: 0 });
  });
});

test("an automatic cache reads the longest known prefix in whole steps", () => {
  const cache = new PromptCache(createManualClock(0));
  const rules = { minimumTokens: 1024, stepTokens: 128 };
  assert.equal(cache.readAutomatic("m", [segment(long), segment("one")], rules).read, 0);
  const second = cache.readAutomatic("m", [segment(long), segment("two")], rules);
  assert.equal(second.read, Math.floor(tokensOfLong / 128) * 128);
  assert.equal(second.read + second.uncached, tokensOfLong + countTokens("two") + templateTokens);
});
