import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../src/core/errors/errors.ts";
import { parseJson, toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { defaultTraits } from "../../src/dialects/target-traits.ts";
import type { AnswerContext, StreamTranslator } from "../../src/dialects/translation.ts";
import { openaiChatToAnthropicMessages as pair } from "../../src/dialects/translate/openai-chat-to-anthropic-messages/pair.ts";
import {
  byteVariants,
  checkCase,
  encodePayloads,
  loadCases,
  loadRecorded,
  mustFailures,
  observeBody,
  observeRefusal,
  observeRequest,
  observeStream,
  skipReason,
} from "./oracle.ts";
import type { Observed, RecordedAnswer, TranslationCase } from "./oracle.ts";

const traits = { ...defaultTraits({ provider: "anthropic", model: "claude-x" }), hasFiles: true };
const request: JsonObject = {
  model: "m",
  messages: [{ role: "user", content: "Hi" }],
  stream_options: { include_usage: true },
};
const context: AnswerContext = {
  askedModel: "asked-model",
  traits,
  request,
  createdAtSeconds: 1_700_000_000,
  callId: "req_test",
  estimatedInputTokens: 1,
  keyHolder: null,
};

function translate(chunks: readonly Uint8Array[]): { readonly text: string; readonly translator: StreamTranslator } {
  const translator = pair.stream(context);
  const text = chunks.map((chunk) => translator.push(chunk)).join("");
  return { text: text + translator.end(), translator };
}

function observe(payloads: readonly Uint8Array[]): Observed {
  const { text, translator } = translate(payloads);
  return observeStream("openai-chat", text, translator.facts().usage);
}

function check({ id, expect, strength }: TranslationCase, seen: Observed): void {
  const failures = checkCase(expect, seen, strength);
  assert.deepEqual(mustFailures(failures), [], id);
  for (const failure of failures) console.log(`# ${id}: ${failure}`);
}

test("requests: every case comes out right", { skip: skipReason }, () => {
  const cases = loadCases("request.openai->anthropic");
  assert.equal(cases.length, 6);
  for (const testCase of cases) check(testCase, runRequest(testCase.request ?? {}));
});

function runRequest(body: JsonObject): Observed {
  try {
    return observeRequest("openai-chat", pair.request({ model: "m", ...body }, traits).body);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return observeRefusal("openai-chat", error.status);
  }
}

test("whole answers: every case comes out right", { skip: skipReason }, () => {
  const cases = loadCases("response.anthropic->openai");
  assert.equal(cases.length, 8);
  for (const testCase of cases) {
    const { body, facts } = pair.answer(toJsonObject(testCase.upstream?.body), context);
    check(testCase, observeBody("openai-chat", body, facts.usage));
  }
});

test("streams: every case comes out right, whatever the bytes", { skip: skipReason }, () => {
  const cases = loadCases("stream.anthropic->openai");
  assert.equal(cases.length, 10);
  for (const testCase of cases) {
    for (const { name, chunks } of byteVariants(testCase.upstreamSse, "anthropic-messages")) {
      const seen = observe(chunks);
      check(testCase, seen);
      assert.deepEqual(checkCase([{ invariants: true }], seen), [], `${testCase.id}, ${name}`);
    }
  }
});

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  refusal: "content_filter",
};

/** What an OpenAI client must end up with for a recorded Anthropic answer. */
function assertExpected(recorded: RecordedAnswer, seen: Observed, detail: string): void {
  const { expected, id } = recorded;
  const where = `${id}, ${detail}`;
  const { answer } = seen;
  assert.equal(answer?.text, expected["text"] ?? "", where);
  assert.equal(answer?.thinking, expected["thinking"] ?? "", where);
  assert.deepEqual(
    answer?.tools.map(({ id: toolId, name, input }) => ({ id: toolId, name, input: input ?? null })) ?? [],
    (Array.isArray(expected["tools"]) ? expected["tools"] : []).map((tool) => {
      const { raw: _raw, ...facts } = toJsonObject(tool);
      return facts;
    }),
    where,
  );
  assert.equal(
    answer?.stopReason,
    finishReasons[typeof expected["finish"] === "string" ? expected["finish"] : ""],
    where,
  );
  const usage = toJsonObject(expected["usage"]);
  const count = (name: string): number => Number(usage[name] ?? 0);
  assert.equal(answer?.usage?.["prompt_tokens"], count("input") + count("cache_read") + count("cache_write"), where);
  assert.equal(answer?.usage?.["completion_tokens"], count("output"), where);
  assert.equal(toJsonObject(answer?.usage?.["prompt_tokens_details"])["cached_tokens"], count("cache_read"), where);
}

/** Recordings of several answers one after the other: only the first can be told to a client. */
const severalAnswers: readonly string[] = ["programmatic-tool-calling", "tool-search-regex"];

test("recorded streams: the client ends up with what it must, whatever the bytes", { skip: skipReason }, () => {
  const streams = loadRecorded("anthropic").filter(({ isStreaming }) => isStreaming);
  assert.equal(streams.length, 48);
  for (const recorded of streams) {
    for (const { name, chunks } of byteVariants(recorded.payloads, "anthropic-messages")) {
      const seen = observe(chunks);
      const failures = checkCase([{ invariants: true }], seen);
      assert.deepEqual(failures, [], `${recorded.id}, ${name}`);
      if (recorded.expected["error"] !== undefined) {
        assert.equal(seen.answer?.error?.message, toJsonObject(recorded.expected["error"])["message"]);
      } else if (!severalAnswers.some((part) => recorded.id.includes(part))) {
        assertExpected(recorded, seen, name);
      }
    }
  }
});

test("recorded whole answers: the client ends up with what it must", { skip: skipReason }, () => {
  const answers = loadRecorded("anthropic").filter(({ isStreaming, status }) => !isStreaming && status === 200);
  assert.ok(answers.length > 30);
  for (const recorded of answers) {
    const { body, facts } = pair.answer(toJsonObject(parseJson(recorded.body)), context);
    assertExpected(recorded, observeBody("openai-chat", body, facts.usage), "whole");
  }
});

test("a stream cut after any payload ends in an error, never in a made-up finish", { skip: skipReason }, () => {
  for (const recorded of loadRecorded("anthropic")) {
    if (!recorded.isStreaming || recorded.breaks.length > 0) continue;
    const events = encodePayloads(recorded.payloads, "anthropic-messages");
    // Long streams are cut at every seventh place after the first thirty: the same deltas repeat.
    for (let kept = 0; kept < events.length; kept += kept < 30 ? 1 : 7) {
      // After message_delta only message_stop is missing: that is no loss.
      if (recorded.payloads.slice(0, kept).some((payload) => payload.includes('"message_delta"'))) break;
      const { text, translator } = translate(events.slice(0, kept));
      const seen = observeStream("openai-chat", text);
      assert.deepEqual(checkCase([{ invariants: true }], seen), [], `${recorded.id} cut at ${kept}`);
      assert.equal(seen.answer?.stopReason, null);
      assert.notEqual(seen.answer?.error, null);
      assert.equal(translator.facts().isComplete, false);
    }
  }
});

test("a stream cut in the middle of any event ends in an error", { skip: skipReason }, () => {
  const recorded = loadRecorded("anthropic").find(({ id }) => id.endsWith("anthropic-tool-no-args.chunks.txt"));
  const bytes = Buffer.concat(encodePayloads(recorded?.payloads ?? [], "anthropic-messages"));
  const end = bytes.indexOf("event: message_delta");
  for (let cut = 0; cut < end; cut++) {
    const seen = observeStream("openai-chat", translate([bytes.subarray(0, cut)]).text);
    assert.deepEqual(checkCase([{ invariants: true }], seen), [], `cut at ${cut}`);
    assert.equal(seen.answer?.stopReason, null);
  }
});
