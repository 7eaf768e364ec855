import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyReceiver, UpstreamAnswer } from "../../providers/upstream/upstream.ts";
import { maxSseEventBytes } from "../../dialects/sse.ts";
import { unheardLimitBytes } from "./answer-relay.ts";
import { tellInChat } from "./responses-answer.ts";
import { collectedLimitBytes } from "./whole-body.ts";

interface Told {
  readonly text: string;
  /** "ended", or the error's message. */
  readonly end: string;
}

/** What the receiver of a translated answer hears when the provider sends `pieces`. */
function tell(pieces: readonly Uint8Array[], isStream: boolean, error: Error | null = null): Told {
  let text = "";
  let end: string | null = null;
  const send = (receiver: BodyReceiver): void => {
    for (const piece of pieces) receiver.onData(piece);
    if (error === null) receiver.onEnd();
    else receiver.onError(error);
  };
  const flow: string[] = [];
  const answer: UpstreamAnswer = {
    head: { status: 200, headers: {} },
    receive: send,
    pause: () => flow.push("pause"),
    resume: () => flow.push("resume"),
  };
  const told = tellInChat(answer, { asksUsage: true }, "openai", isStream);
  told.pause();
  told.resume();
  assert.deepEqual(flow, ["pause", "resume"]);
  told.receive({
    onData: (piece) => (text += Buffer.from(piece).toString()),
    onEnd: () => (end = "ended"),
    onError: ({ message }) => (end = message),
  });
  return { text, end: end! };
}

const delta = (text: string): Buffer =>
  Buffer.from(`data: ${JSON.stringify({ type: "response.output_text.delta", delta: text })}`);

test("a stream's last event counts without its blank line, and a stream that breaks off says so", () => {
  const { text, end } = tell([delta("Hi")], true);
  assert.match(text, /"content":"Hi"/);
  assert.equal(end, "ended");
  assert.equal(tell([delta("Hi"), Buffer.from("\n\n")], true, new Error("reset")).end, "reset");
});

test("a stream of one endless event, or of events that say nothing, is given up", () => {
  const endless = Buffer.alloc(maxSseEventBytes, "x");
  const { text, end } = tell([delta("Hi"), Buffer.from("\n\ndata: "), endless, endless], true);
  assert.match(text, /"content":"Hi"/);
  assert.match(end, /an event of the provider's stream is larger than/);
  const silent = Buffer.from('data: {"type":"keepalive"}\n\n'.repeat(100_000));
  const rounds = Math.ceil(unheardLimitBytes / silent.length) + 1;
  assert.match(
    tell(
      Array.from({ length: rounds }, () => silent),
      true,
    ).end,
    /bytes that say nothing/,
  );
});

test("a whole answer is told once it is whole, one beyond the limit is an error", () => {
  const response = Buffer.from(JSON.stringify({ id: "r", status: "completed", output: [] }));
  const { text, end } = tell([response.subarray(0, 9), response.subarray(9)], false);
  assert.match(text, /^\{"id":"r","object":"chat.completion"/);
  assert.equal(end, "ended");
  const half = Buffer.alloc(collectedLimitBytes / 2 + 1);
  assert.match(tell([half, half], false).end, /is larger than/);
  assert.equal(tell([response], false, new Error("reset")).end, "reset");
});
