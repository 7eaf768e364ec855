/** The cases of streams through the running router over HTTP, cut and framed in many ways on real sockets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import type { Recording, ReplayWrites } from "../../src/simulation/sending/replay.ts";
import { otherDialect, shortRequest, startCaseRouter, steadyText } from "./case-router.ts";
import type { CaseRouter, ClientView } from "./case-router.ts";
import { byteVariants, checkCase, encodePayloads, loadCases, observeHttp, skipReason } from "./oracle.ts";
import type { TranslationCase } from "./oracle.ts";

const options = { skip: skipReason };

/** Cases that fail on purpose, and why. Everything else of every strength holds. */
const exceptions: Readonly<Record<string, string>> = {};

/** The bytes of a stream, as they are. */
function stream(chunks: readonly Uint8Array[], writes: ReplayWrites = "whole", waitMs = 0): Recording {
  return { headers: { "content-type": "text/event-stream" }, body: Buffer.concat(chunks), writes, waitMs };
}

/** The same stream, framed and cut in other ways. */
function variantsOf({ upstreamSse, isSplitInsideCharacters }: TranslationCase, provider: Dialect): Recording[] {
  const events = encodePayloads(upstreamSse, provider);
  const whole = Buffer.concat(events);
  const framed = (name: string): Recording => {
    const variant = byteVariants(upstreamSse, provider).find((one) => one.name === name);
    assert.ok(variant !== undefined, name);
    return stream(variant.chunks);
  };
  const variants = [
    stream(events, { everyBytes: Math.ceil(whole.length / 2) }, 1),
    stream(events, { everyBytes: 61 }),
    stream(events, "within-characters"),
    framed("CRLF, one payload per write"),
    framed("no space after data:"),
    framed("comment lines"),
  ];
  if (whole.length < 1500) variants.push(stream(events, "bytes"));
  if (isSplitInsideCharacters) {
    for (const at of insideFirstCharacter(whole)) variants.push(stream(events, { everyBytes: at }, 1));
  }
  return variants;
}

/** Offsets inside the first character that has several bytes. */
function insideFirstCharacter(bytes: Buffer): number[] {
  const start = bytes.findIndex((byte) => byte >= 0xc0);
  const offsets: number[] = [];
  for (let at = start + 1; ((bytes[at] ?? 0) & 0xc0) === 0x80; at++) offsets.push(at);
  return offsets;
}

async function ask(router: CaseRouter, client: Dialect, recording: Recording): Promise<ClientView> {
  const provider = otherDialect(client);
  router.providers[provider].resetBehaviour();
  router.providers[provider].replay(recording);
  return router.ask(client, shortRequest(client, provider, true));
}

for (const client of ["anthropic-messages", "openai-chat"] as const) {
  const provider = otherDialect(client);
  const [from, to] = client === "openai-chat" ? ["openai", "anthropic"] : ["anthropic", "openai"];
  const cases = loadCases(`stream.${to}->${from}`);

  test(`streams of ${provider} providers reach ${client} clients, and the record`, options, async (t) => {
    const router = await startCaseRouter(t);
    const seen: ClientView[] = [];
    for (const testCase of cases) {
      const ending = testCase.isSocketClosed ? "close" : "proper";
      seen.push(await ask(router, client, { ...stream(encodePayloads(testCase.upstreamSse, provider)), ending }));
    }
    const records = await router.records(seen.map(({ callId }) => callId));
    for (const [index, testCase] of cases.entries()) {
      await t.test(testCase.id, () => {
        const view = seen[index]!;
        const record = records.get(view.callId);
        const observed = observeHttp(client, view, record?.usage ?? null);
        const failed = view.status === 200 ? "cut" : "error";
        assert.equal(record?.outcome, observed.answer?.error === null ? "success" : failed);
        const failures = checkCase(testCase.expect, observed, testCase.strength);
        if (exceptions[testCase.id] === undefined) assert.deepEqual(failures, []);
        else assert.notDeepEqual(failures, [], `${testCase.id} is no exception any more`);
      });
    }
  });

  test(`the bytes of ${provider} streams may come in any way: ${client} clients see the same`, options, async (t) => {
    const router = await startCaseRouter(t);
    for (const testCase of cases.filter(({ isSocketClosed }) => !isSocketClosed)) {
      await t.test(testCase.id, async () => {
        const reference = await ask(router, client, stream(encodePayloads(testCase.upstreamSse, provider)));
        for (const recording of variantsOf(testCase, provider)) {
          const view = await ask(router, client, recording);
          assert.equal(view.status, reference.status);
          assert.equal(steadyText(view), steadyText(reference), JSON.stringify(recording.writes));
        }
      });
    }
  });

  test(`a ${provider} socket cut after any payload leaves ${client} clients no made-up end`, options, async (t) => {
    const router = await startCaseRouter(t);
    for (const { id, upstreamSse } of cases.filter(({ upstreamSse }) => upstreamSse.length < 40)) {
      for (let count = 0; count < upstreamSse.length; count++) {
        const kept = upstreamSse.slice(0, count);
        const view = await ask(router, client, { ...stream(encodePayloads(kept, provider)), ending: "close" });
        if (kept.some(isEnd)) continue;
        const { answer } = observeHttp(client, view);
        assert.equal(answer?.stopReason, null, `${id} cut after ${count}`);
        assert.notEqual(answer?.error, null, `${id} cut after ${count}`);
        assert.equal(view.end, "whole");
        if (view.status === 200) assert.deepEqual(checkCase([{ invariants: true }], observeHttp(client, view)), []);
      }
    }
  });
}

/** Whether a payload tells how the answer ends: what may follow it is no loss. */
function isEnd(payload: string): boolean {
  return /"finish_reason":\s*"|"message_delta"|"error"|^\[DONE\]$/.test(payload);
}
