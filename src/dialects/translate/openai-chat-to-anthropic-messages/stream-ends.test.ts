/** How a translated stream ends: whole, cut, failed, and once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors/errors.ts";
import { parseJson, toJsonObject } from "../../../core/json/json.ts";
import { openaiChatToAnthropicMessages as pair } from "./pair.ts";
import { blockStart, bytesOf, end, start, textBlock, translate, withUsage } from "./test-stream.ts";

test("a stream cut before its stop reason ends in an error, without finish and [DONE]", () => {
  const payloads = translate([start, ...textBlock(0, "Hi")]);
  assert.equal(toJsonObject(toJsonObject(parseJson(payloads.at(-1) ?? ""))["error"])["code"], "provider_cut_answer");
  assert.ok(!payloads.some((payload) => payload === "[DONE]" || /"finish_reason":"/.test(payload)));
});

test("a payload that is no JSON is an error where it stands: what follows would be an answer with a hole", () => {
  const translator = pair.stream(withUsage);
  const broken = Buffer.from('event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n');
  const parts = [bytesOf([start, blockStart(0, { type: "text", text: "" })]), broken, bytesOf(textBlock(0, "late"))];
  const text = parts.map((part) => translator.push(part)).join("") + translator.end();
  assert.match(text, /"code":"provider_bad_answer"[^\n]*\n\n$/);
  assert.doesNotMatch(text, /late/);
  assert.equal(translator.facts().isComplete, false);
});

test("a last payload that is cut, and words that are no payload, are no errors of their own", () => {
  const cut = pair.stream(withUsage);
  const cutText = cut.push(Buffer.concat([bytesOf([start]), Buffer.from('data: {"type":"cont')])) + cut.end();
  assert.match(cutText, /"code":"provider_cut_answer"/);
  const talkative = pair.stream(withUsage);
  const words = Buffer.from("data: keep-alive\n\ndata: [DONE]\n\n");
  const whole = Buffer.concat([bytesOf([start]), words, bytesOf([...textBlock(0, "Hi"), ...end("end_turn")])]);
  assert.match(talkative.push(whole) + talkative.end(), /data: \[DONE\]\n\n$/);
});

test("an end without a stop reason is an error, and no complete answer", () => {
  const translator = pair.stream(withUsage);
  const text = translator.push(bytesOf([start, ...textBlock(0, "Hi"), { type: "message_stop" }])) + translator.end();
  assert.match(text, /"code":"provider_cut_answer"/);
  assert.equal(translator.facts().isComplete, false);
});

test("an answer that lacks only its message_stop is whole", () => {
  const payloads = translate([start, ...textBlock(0, "Hi"), ...end("max_tokens").slice(0, 1)]);
  assert.equal(payloads.at(-1), "[DONE]");
  assert.ok(payloads.some((payload) => payload.includes('"finish_reason":"length"')));
});

test("a failure after the stop reason takes nothing from the answer", () => {
  const translator = pair.stream(withUsage);
  translator.push(bytesOf([start, ...textBlock(0, "Hi"), ...end("end_turn").slice(0, 1)]));
  const rest = translator.fail(new GatewayError("provider_cut_answer", "The connection broke."));
  assert.match(rest, /"finish_reason":"stop".*"total_tokens":22.*\n\ndata: \[DONE\]\n\n$/s);
  assert.doesNotMatch(rest, /error/);
});

test("a provider's error event is told once, and nothing after it", () => {
  const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  const payloads = translate([start, error, ...textBlock(0, "late"), ...end("end_turn")]);
  assert.equal(payloads.length, 2);
  assert.deepEqual(toJsonObject(parseJson(payloads[1] ?? ""))["error"], {
    message: "Overloaded",
    type: "server_error",
    param: null,
    code: "provider_overloaded",
  });
});

test("after a failure of the call nothing more is written", () => {
  const translator = pair.stream(withUsage);
  translator.push(bytesOf([start]));
  const error = new GatewayError("provider_timeout", "Too slow.");
  assert.match(translator.fail(error), /^data: \{"error":\{"message":"Too slow\."/);
  assert.equal(translator.fail(error) + translator.push(bytesOf(end("end_turn"))) + translator.end(), "");
});

test("nothing is written after the end, whatever a provider goes on to send", () => {
  const payloads = translate([start, ...end("end_turn"), start, ...textBlock(0, "again"), ...end("end_turn")]);
  assert.equal(payloads.filter((payload) => payload === "[DONE]").length, 1);
  assert.equal(payloads.at(-1), "[DONE]");
});
