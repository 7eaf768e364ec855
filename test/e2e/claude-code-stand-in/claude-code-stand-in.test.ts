import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createSimulatedProvider } from "../../../src/simulation/create-simulated-provider.ts";
import { checkEvents, playSession } from "./play-session.ts";

describe("the stand-in for Claude Code", () => {
  test("completes a task with a tool against the simulated Anthropic, with usage and a warm cache", async (t) => {
    const provider = await createSimulatedProvider({
      kind: "anthropic",
      behaviour: { requiredKey: "sk-ant-stand-in" },
    });
    t.after(() => provider.close());
    const session = await playSession({
      baseUrl: provider.baseUrl,
      prompt: "Use the Bash tool to run `echo hello from the tool` and say what it printed.",
    });
    assert.deepEqual(session.toolCalls, [
      { name: "Bash", input: { command: "echo hello from the tool" }, result: "hello from the tool" },
    ]);
    assert.match(session.result, /hello from the tool/);
    assert.equal(session.stopReason, "end_turn");
    assert.ok(session.usage.outputTokens > 0);
    assert.ok(session.usage.inputTokens > 0);
    assert.ok(session.usage.cacheWriteTokens > 1024, "the first call fills the prompt cache");
    assert.ok(session.usage.cacheReadTokens > 1024, "the second call reads it");
    assert.ok(session.counts.every((count) => count > 0));
    assert.equal(provider.counts().aborted, 0);
  });

  test("plays several turns, with parallel calls in one", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic" });
    t.after(() => provider.close());
    const prompt =
      '[[tool:Bash {"command":"echo one"}]] [[tool:Bash {"command":"echo two"}]]&[[tool:Read {"file_path":"/a"}]]';
    const session = await playSession({ baseUrl: provider.baseUrl, prompt });
    assert.deepEqual(
      session.toolCalls.map(({ result }) => result),
      ["one", "two", "Read is done"],
    );
    assert.equal(session.models.length, 3);
  });

  test("stumbles over what the client stumbles over", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic" });
    t.after(() => provider.close());
    const play = () => playSession({ baseUrl: provider.baseUrl, prompt: "Hi" });
    for (const [fault, words] of [
      [{ kind: "early-end", afterFrames: 6 }, /It ends with/],
      [{ kind: "cut", afterFrames: 6 }, /The stream was broken/],
      [{ kind: "error-event", afterFrames: 6, status: 529 }, /An error event/],
      [{ kind: "overloaded" }, /answered 529/],
    ] as const) {
      provider.behaveNext({ fault });
      await assert.rejects(play(), words);
    }
    const arrived = (payload: { type: string; [field: string]: unknown }) => ({
      event: payload.type,
      data: JSON.stringify(payload),
      atMs: 0,
    });
    const start = arrived({ type: "message_start", message: { usage: {} } });
    const block = (index: number, type = "text") =>
      arrived({ type: "content_block_start", index, content_block: { type } });
    assert.match(checkEvents([start, block(0), block(1)]) ?? "", /started while 0 was open/);
    assert.match(checkEvents([start, block(1)]) ?? "", /where 0 was due/);
    const stop = arrived({ type: "content_block_stop", index: 0 });
    assert.match(checkEvents([start, block(0, "thinking"), stop]) ?? "", /without a signature/);
  });
});
