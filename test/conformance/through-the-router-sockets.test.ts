/** Recorded streams over sockets that break, dribble and pause, and clients that leave: through the running router. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import type { Recording, ReplayWrites } from "../../src/simulation/sending/replay.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { shortRequest, startCaseRouter, view } from "./case-router.ts";
import type { CaseRouter, ClientView } from "./case-router.ts";
import { checkCase, encodePayloads, loadRecorded, observeHttp, skipReason } from "./oracle.ts";
import type { RecordedAnswer } from "./oracle.ts";

const options = { skip: skipReason };
const dialects = ["anthropic-messages", "openai-chat"] as const;

/** Good recorded streams, the shorter ones: their bytes go out one by one. */
function streamsOf(provider: Dialect, longest: number): RecordedAnswer[] {
  return loadRecorded(provider === "openai-chat" ? "openai" : "anthropic").filter(
    ({ isStreaming, status, breaks, expected, payloads, id }) =>
      isStreaming &&
      status === 200 &&
      breaks.length === 0 &&
      expected["error"] === undefined &&
      !/name-never|coincidentally/.test(id) &&
      payloads.join("").length <= longest,
  );
}

function recordingOf(payloads: readonly string[], provider: Dialect, change: Recording = {}): Recording {
  const ended = provider === "openai-chat" && !payloads.includes("[DONE]") ? [...payloads, "[DONE]"] : payloads;
  const body = Buffer.concat(encodePayloads(change.ending === undefined ? ended : payloads, provider));
  return { headers: { "content-type": "text/event-stream" }, body, ...change };
}

async function ask(router: CaseRouter, client: Dialect, provider: Dialect, recording: Recording): Promise<ClientView> {
  router.providers[provider].resetBehaviour();
  router.providers[provider].replay(recording);
  return router.ask(client, shortRequest(client, provider, true));
}

for (const provider of dialects) {
  test(`bytes of a ${provider} stream come to clients of its dialect as they are, in any cut`, options, async (t) => {
    const router = await startCaseRouter(t);
    for (const { id, payloads } of streamsOf(provider, 1500)) {
      for (const writes of ["bytes", "within-characters", { everyBytes: 97 }] satisfies ReplayWrites[]) {
        const recording = recordingOf(payloads, provider, { writes });
        const { text } = await ask(router, provider, provider, recording);
        assert.equal(text, recording.body?.toString(), id);
      }
    }
  });

  test(
    `a ${provider} socket that breaks leaves clients of its dialect whole events and no made-up end`,
    options,
    async (t) => {
      const router = await startCaseRouter(t);
      for (const { id, payloads } of streamsOf(provider, 4000)) {
        for (const [count, torn] of cutsOf(payloads.length)) {
          const kept = payloads.slice(0, count);
          if (kept.some(isFinish)) break;
          const half = Buffer.from(payloads[count] ?? "").subarray(0, 10);
          const whole = recordingOf(kept, provider, { ending: "close" });
          const body = torn ? Buffer.concat([Buffer.from(whole.body ?? ""), Buffer.from("data: "), half]) : whole.body;
          const seen = await ask(router, provider, provider, { ...whole, body: body ?? "" });
          const observed = observeHttp(provider, seen);
          assert.notEqual(observed.answer?.error, null, `${id} cut after ${count}`);
          assert.equal(observed.answer?.stopReason, null, `${id} cut after ${count}`);
          if (seen.status === 200) assert.deepEqual(checkCase([{ invariants: true }], observed), [], id);
        }
      }
    },
  );

  test(`a ${provider} socket that breaks after the stop reason takes nothing from the answer`, options, async (t) => {
    const router = await startCaseRouter(t);
    for (const { id, payloads } of streamsOf(provider, 4000)) {
      const kept = payloads.slice(0, payloads.findLastIndex(isFinish) + 1);
      const seen = await ask(router, provider, provider, recordingOf(kept, provider, { ending: "close" }));
      assert.deepEqual(checkCase([{ invariants: true }], observeHttp(provider, seen)), [], id);
      assert.equal((await router.records([seen.callId])).get(seen.callId)?.outcome, "success", id);
    }
  });

  for (const client of dialects) {
    test(`a ${client} client that leaves half-way ends the ${provider} provider's work`, options, async (t) => {
      const router = await startCaseRouter(t);
      const simulated = router.providers[provider];
      const [recorded] = streamsOf(provider, 50_000).filter(({ payloads }) => payloads.length > 10);
      assert.ok(recorded !== undefined);
      simulated.replay(recordingOf(recorded.payloads, provider, { writes: { everyBytes: 200 }, waitMs: 60 }));
      const stream = await router.open(client, shortRequest(client, provider, true));
      await waitUntil("the answer has begun", () => stream.events.length > 0);
      stream.leave();
      await waitUntil("the provider is told", () => simulated.counts().aborted === 1);
      const { callId } = view(stream, "left");
      const record = (await router.records([callId])).get(callId);
      assert.equal(record?.outcome, "aborted");
      assert.ok((record?.usage?.uncachedInput ?? 0) > 0, "what was sent is charged");
    });
  }
}

function isFinish(payload: string): boolean {
  return /"message_delta"|"finish_reason":\s*"/.test(payload);
}

/** After how many payloads to cut, and whether a torn one follows: early, in the middle, late. */
function cutsOf(length: number): [count: number, isTorn: boolean][] {
  const counts = [0, 1, 2, length >> 1, length - 3].filter((count) => count >= 0 && count < length);
  return [...new Set(counts)].flatMap((count) => [
    [count, false],
    [count, true],
  ]);
}
