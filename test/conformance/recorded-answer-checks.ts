/** What a client, and the record, must end up with for a recorded answer. */
import assert from "node:assert/strict";
import type { Dialect } from "../../src/core/dialect.ts";
import { toJsonArray, toJsonObject } from "../../src/core/json/json.ts";
import type { Usage } from "../../src/core/usage.ts";
import { plain } from "./oracle/plain.ts";
import type { Observed, RecordedAnswer } from "./oracle.ts";

/** The provider's word for an answer's end, in the other dialect. */
const finishWords: Readonly<Record<Dialect, Readonly<Record<string, string>>>> = {
  "openai-chat": {
    end_turn: "stop",
    stop_sequence: "stop",
    pause_turn: "stop",
    tool_use: "tool_calls",
    max_tokens: "length",
    refusal: "content_filter",
  },
  "anthropic-messages": { stop: "end_turn", tool_calls: "tool_use", length: "max_tokens" },
};

/** Text, thinking, tools and end of a recorded answer as a client of the other dialect must see them. */
export function assertTranslated({ expected, id }: RecordedAnswer, seen: Observed): void {
  const { answer } = seen;
  assert.equal(answer?.error, null, id);
  assert.equal(answer?.text.trim(), plain(expected["text"]).trim(), id);
  assert.equal(answer?.thinking.trim(), plain(expected["thinking"]).trim(), id);
  const tools = toJsonArray(expected["tools"]).map(toJsonObject);
  assert.deepEqual(
    answer?.tools.map(({ id, name, input }) => ({ id, name, input: input ?? {} })),
    tools.map(({ id, name, input }) => ({ id, name, input: input ?? {} })),
    id,
  );
  assert.equal(answer?.stopReason, finishWords[seen.dialect][plain(expected["finish"])], id);
}

/** The usage that the record must hold. Compaction is billed on top of what the client is told: the cases check it. */
export function assertRecordedUsage({ expected, id }: RecordedAnswer, usage: Usage | null): void {
  const raw = toJsonObject(expected["usage_raw"]);
  if (expected["usage"] === undefined || JSON.stringify(raw["iterations"] ?? "").includes("compaction")) return;
  const wanted = toJsonObject(expected["usage"]);
  // A recording in which somebody wrote zeros: nothing was counted, and it is estimated.
  if (Object.values(wanted).every((one) => one === 0)) {
    assert.ok(usage !== null && usage.uncachedInput > 0, id);
    return;
  }
  const count = (name: string): number => Number(wanted[name] ?? 0);
  assert.deepEqual(
    {
      input: usage?.uncachedInput,
      cacheRead: usage?.cacheRead,
      cacheWrite: (usage?.cacheWrite5m ?? 0) + (usage?.cacheWrite1h ?? 0),
      output: usage?.output,
    },
    {
      input: count("input"),
      cacheRead: count("cache_read"),
      cacheWrite: count("cache_write"),
      output: count("output"),
    },
    id,
  );
}
