import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { GatewayError } from "../../src/core/errors/errors.ts";
import { parseJson, toJsonArray, toJsonObject, toText } from "../../src/core/json/json.ts";
import { toStreamFailure } from "../../src/providers/classify-failure.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { OpenaiChatFold } from "../../src/dialects/openai-chat/fold.ts";
import { anthropicMessagesToOpenaiChat } from "../../src/dialects/translate/anthropic-messages-to-openai-chat/pair.ts";
import { answerContext, reasoningTraits, translateRequest, translateStream } from "./anthropic-to-openai-kit.ts";
import {
  anthropicInvariants,
  byteVariants,
  checkCase,
  encodePayloads,
  loadCases,
  loadRecorded,
  observeBody,
  observeRefusal,
  observeRequest,
  observeStream,
  parseSse,
  skipReason,
} from "./oracle.ts";
import type { Observed, RecordedAnswer, TranslationCase } from "./oracle.ts";

const client = "anthropic-messages";
const options = { skip: skipReason };

/** Assertions that fail on purpose: the case's id, and why. Everything else of every strength holds. */
const exceptions: Readonly<Record<string, string>> = {};

function check(testCase: TranslationCase, seen: Observed): void {
  const failures = checkCase(testCase.expect, seen, testCase.strength);
  if (exceptions[testCase.id] === undefined) assert.deepEqual(failures, []);
  else assert.notDeepEqual(failures, [], `${testCase.id} is no exception any more`);
}

test("requests of an Anthropic client are what an OpenAI-dialect provider expects", options, async (t) => {
  for (const testCase of loadCases("request.anthropic->openai")) {
    await t.test(testCase.id, () => {
      const isAboutReasoning = /effort|adaptive/.test(testCase.id);
      const body = translateRequest(testCase.request ?? {}, isAboutReasoning ? reasoningTraits : undefined);
      check(testCase, observeRequest(client, body));
    });
  }
});

test("whole answers of an OpenAI-dialect provider are what an Anthropic client expects", options, async (t) => {
  for (const testCase of loadCases("response.openai->anthropic")) {
    await t.test(testCase.id, () => check(testCase, observeAnswer(toJsonObject(testCase.upstream?.body))));
  }
});

function observeAnswer(body: JsonObject): Observed {
  try {
    const answer = anthropicMessagesToOpenaiChat.answer(body, answerContext());
    if (answer.facts.error !== null) throw toStreamFailure(answer.facts.error);
    return observeBody(client, answer.body, answer.facts.usage);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    const document = { type: "error", error: { type: "api_error", message: error.message } };
    return { ...observeRefusal(client, error.status), document };
  }
}

test("streams of an OpenAI-dialect provider are what an Anthropic client expects, however cut", options, async (t) => {
  for (const testCase of loadCases("stream.openai->anthropic")) {
    await t.test(testCase.id, () => {
      const reference = translateStream(encodePayloads(testCase.upstreamSse, "openai-chat"));
      check(testCase, observeStream(client, reference.text, reference.facts.usage));
      checkVariants(testCase.upstreamSse, reference.text);
    });
  }
});

/** All ways to cut and frame a stream give the same events. */
function checkVariants(payloads: readonly string[], expected: string): void {
  for (const { name, chunks } of byteVariants(payloads, "openai-chat")) {
    assert.equal(translateStream(chunks).text, expected, name);
  }
}

/** Recorded streams that are malformed in themselves: the client gets an error, or what the provider sent. */
const malformed: Readonly<Record<string, string>> = {
  "vercel-ai-inline/oai-tool-coincidentally-parsable.sse": "its tool input is no JSON, and passes as it is",
  "vercel-ai-inline/oc-tool-name-never.sse": "a call without a name cannot be run: an error",
};

test("every recorded answer reaches the client whole", options, async (t) => {
  for (const recorded of loadRecorded("openai")) {
    if (recorded.status >= 400) continue;
    await t.test(recorded.id, () =>
      recorded.isStreaming ? checkRecordedStream(recorded) : checkRecordedBody(recorded),
    );
  }
});

function checkRecordedBody(recorded: RecordedAnswer): void {
  const body = toJsonObject(parseJson(recorded.body));
  const seen = observeAnswer(body);
  if (recorded.expected["error"] !== undefined) assert.ok(seen.status >= 400);
  else checkExpected(recorded, seen);
}

function checkRecordedStream(recorded: RecordedAnswer): void {
  const reference = translateStream(byteVariants(recorded.payloads, "openai-chat")[0]?.chunks ?? []);
  const seen = observeStream(client, reference.text, reference.facts.usage);
  checkVariants(recorded.payloads, reference.text);
  if (recorded.id in malformed) {
    assert.ok(recorded.id.includes("never") ? seen.answer?.error : seen.answer?.tools[0]?.raw.endsWith("10}"));
    return;
  }
  assert.deepEqual(anthropicInvariants(seen.events), []);
  if (recorded.expected["error"] !== undefined || recorded.breaks.length > 0) assert.ok(seen.answer?.error);
  else checkExpected(recorded, seen);
  checkFold(recorded);
}

/** The fold that recording and caching use tells the same answer as the stream. */
function checkFold(recorded: RecordedAnswer): void {
  const fold = new OpenaiChatFold();
  for (const chunk of encodePayloads([...recorded.payloads, "[DONE]"], "openai-chat")) fold.push(chunk);
  fold.end();
  const whole = fold.answer();
  if (whole === null) {
    const isUntold = recorded.payloads.some((payload) => /annotations|logprobs":\{|"index":1,"delta/.test(payload));
    assert.ok(isUntold || fold.facts().error !== null, "only what a fold cannot tell has no whole answer");
  } else checkExpected(recorded, observeAnswer(whole));
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: "end_turn",
  tool_calls: "tool_use",
  length: "max_tokens",
};

function checkExpected({ expected }: RecordedAnswer, seen: Observed): void {
  const { answer, recordedUsage } = seen;
  assert.ok(answer);
  assert.equal(answer.text.trim(), toText(expected["text"]).trim());
  assert.equal(answer.thinking.trim(), toText(expected["thinking"]).trim());
  const tools = toJsonArray(expected["tools"]).map(toJsonObject);
  assert.deepEqual(
    answer.tools.map(({ id, name, input }) => ({ id, name, input: input ?? {} })),
    tools.map(({ id, name, input }) => ({ id, name, input })),
  );
  assert.equal(answer.stopReason, stopReasons[toText(expected["finish"])]);
  const usage = expected["usage"];
  if (usage === undefined) return;
  const wanted = toJsonObject(usage);
  assert.deepEqual(
    [recordedUsage?.uncachedInput, recordedUsage?.cacheRead, recordedUsage?.output, recordedUsage?.reasoning],
    [wanted["input"], wanted["cache_read"], wanted["output"], wanted["reasoning"]],
  );
  assert.equal(answer.usage?.["input_tokens"], wanted["input"]);
  assert.equal(answer.usage?.["output_tokens"], wanted["output"]);
}

test(
  "a socket cut after any payload ends in one error event, or in a proper end once a finish reason came",
  options,
  () => {
    for (const { payloads, breaks, id } of loadRecorded("openai")) {
      if (breaks.length > 0 || id in malformed) continue;
      // Long recordings repeat one kind of payload: their beginning, their end and some of the middle will do.
      const step = (count: number): number => (count < 30 || count > payloads.length - 30 ? 1 : 17);
      for (let count = 0; count < payloads.length; count += step(count)) {
        const kept = payloads.slice(0, count);
        const isFinished = kept.some((payload) => /"finish_reason":\s*"/.test(payload) || payload === "[DONE]");
        const { text } = translateStream(encodePayloads(kept, "openai-chat"));
        const types = parseSse(text).map((event) => event.event);
        const ends = types.filter((type) => type === "message_stop" || type === "error");
        assert.equal(ends.length, 1, `${id} cut after ${count}`);
        if (!isFinished) assert.equal(types.at(-1), "error", `${id} cut after ${count}`);
      }
    }
  },
);

test("nothing follows an end: not after a failure, a second end or late bytes", options, () => {
  for (const { payloads } of loadRecorded("openai")) {
    const chunks = encodePayloads(payloads, "openai-chat");
    const stream = anthropicMessagesToOpenaiChat.stream(answerContext());
    for (const chunk of chunks) stream.push(chunk);
    stream.end();
    const late = [...chunks.map((chunk) => stream.push(chunk)), stream.end()];
    late.push(stream.fail(new GatewayError("provider_timeout", "Too late.")));
    assert.deepEqual(late.join(""), "");
  }
});

test("random cuts of recorded streams give equal events", options, () => {
  const recorded = loadRecorded("openai").filter(({ isStreaming, payloads }) => isStreaming && payloads.length < 60);
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.constantFrom(...recorded), cuts, ({ payloads }, cuts) => {
      const whole = Buffer.concat(encodePayloads(payloads, "openai-chat"));
      const chunks: Buffer[] = [];
      for (let offset = 0, i = 0; offset < whole.length; i++) {
        const length = cuts[i % cuts.length] ?? 1;
        chunks.push(whole.subarray(offset, offset + length));
        offset += length;
      }
      assert.equal(translateStream(chunks).text, translateStream([whole]).text);
    }),
    { numRuns: 200 },
  );
});
