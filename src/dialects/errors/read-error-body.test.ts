import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { contextOverflowMessage } from "./context-overflow.ts";
import { readErrorBody } from "./read-error-body.ts";

/** Body, then the type, code and message that it must give. */
const bodies: Readonly<Record<string, readonly [string, string | null, string | null, string]>> = {
  anthropic: [
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_9"}',
    "overloaded_error",
    null,
    "Overloaded",
  ],
  openai: [
    '{"error":{"message":"No such model.","type":"invalid_request_error","param":null,"code":"model_not_found"}}',
    "invalid_request_error",
    "model_not_found",
    "No such model.",
  ],
  "gemini, as a list": [
    '[{"error":{"code":429,"message":"Quota used up.","status":"RESOURCE_EXHAUSTED"}}]',
    "RESOURCE_EXHAUSTED",
    "429",
    "Quota used up.",
  ],
  "mistral, flat": [
    '{"object":"error","message":"Bad role","type":"invalid_request_message_order","param":null,"code":"3230"}',
    "invalid_request_message_order",
    "3230",
    "Bad role",
  ],
  "mistral, detail within the message": [
    '{"object":"error","message":{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required"}]},"type":"invalid_request_error"}',
    "invalid_request_error",
    null,
    "model: Field required",
  ],
  groq: [
    '{"error":{"message":"Tool call failed.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"x"}}',
    "invalid_request_error",
    "tool_use_failed",
    "Tool call failed.",
  ],
  "ollama, error as text": ['{"error":"model \\"x\\" not found"}', null, null, 'model "x" not found'],
  "msg at the top": ['{"code":"1113","msg":"账户已欠费"}', null, "1113", "账户已欠费"],
  "detail as text": ['{"detail":"Not authenticated"}', null, null, "Not authenticated"],
  "detail as a list": [
    '{"detail":[{"loc":["body","messages",0],"msg":"Input should be a string"}]}',
    null,
    null,
    "messages.0: Input should be a string",
  ],
  "openrouter, the provider's words inside": [
    '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\\"error\\":{\\"message\\":\\"bad tool\\"}}","provider_name":"X"}}}',
    null,
    "400",
    "Provider returned error: bad tool",
  ],
  "an error within detail": ['{"detail":{"error":"No such model","code":3}}', null, null, "No such model"],
  "an error within an error": ['{"error":{"error":{"message":"no"}}}', null, null, "no"],
  "fastify and spring, a status in words beside the message": [
    '{"statusCode":400,"error":"Bad Request","message":"body must have property \'model\'"}',
    null,
    null,
    "Bad Request: body must have property 'model'",
  ],
  "oauth, a name beside its description": [
    '{"error":"invalid_grant","error_description":"The token has expired."}',
    null,
    null,
    "invalid_grant: The token has expired.",
  ],
  "only a message": ['{"message":"no"}', null, null, "no"],
  "a list of errors": ['{"success":false,"errors":[{"code":1,"message":"a"},{"message":"b"}]}', null, null, "a; b"],
  "plain text": ["Bad request body\n", null, null, "Bad request body"],
  "html with a title": [
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>",
    null,
    null,
    "502 Bad Gateway",
  ],
  "html without one": ["<html><style>p{}</style><p>Please  <b>wait</b></p></html>", null, null, "Please wait"],
  "an unknown document": ['{"ok":false}', null, null, '{"ok":false}'],
  "a JSON string": ['"down"', null, null, '"down"'],
  nothing: ["", null, null, ""],
};

for (const [name, [body, type, code, message]] of Object.entries(bodies)) {
  test(`reads an error body: ${name}`, () => {
    const read = readErrorBody(body);
    assert.deepEqual([read.type, read.code, read.message, read.contextOverflow], [type, code, message, null]);
  });
}

/** A provider's words, then prompt, limit and output tokens. */
const overflows: readonly (readonly [string, number | null, number | null, number | null])[] = [
  ["prompt is too long: 208310 tokens > 200000 maximum", 208310, 200000, null],
  [
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
    190000,
    200000,
    20000,
  ],
  [
    "This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 tokens. Please reduce the length of the messages.",
    4294,
    4097,
    null,
  ],
  [
    "This model's maximum context length is 4097 tokens. However, you requested 4295 tokens (3245 in the messages, 1050 in the completion). Please reduce the length of the messages or completion.",
    3245,
    4097,
    1050,
  ],
  [
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens (149000 of text input, 1000 in the output).",
    149000,
    131072,
    1000,
  ],
  [
    "This model's maximum context length is 8192 tokens. However, you requested 100 output tokens and your prompt contains at least 8193 input tokens, for a total of at least 8293 tokens.",
    8193,
    8192,
    100,
  ],
  ["The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1200000, 1048576, null],
  [
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    40000,
    32768,
    null,
  ],
  ["This model's maximum prompt length is 131072 but the request contains 150000 tokens.", 150000, 131072, null],
  ["Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)", 9000, 8192, null],
  ["The prompt is too long: 200000, model maximum context length: 131071", 200000, 131071, null],
  ["length of prompt_tokens (163280) must be less than max_seq_len (32768).", 163280, 32768, null],
  [
    "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
    9000,
    8192,
    null,
  ],
  [
    "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 1000 `max_new_tokens`",
    4000,
    4097,
    1000,
  ],
  ["Range of input length should be [1, 30720]", null, 30720, null],
  ["the request exceeds the available context size. try increasing the context size", null, null, null],
  ["Input is too long for requested model.", null, null, null],
  ["Context length exceeded", null, null, null],
  ["Prompt 超长", null, null, null],
];

for (const [message, promptTokens, limitTokens, outputTokens] of overflows) {
  test(`knows a context overflow: ${message.slice(0, 60)}`, () => {
    const read = readErrorBody(JSON.stringify({ error: { message } }));
    assert.deepEqual(read.contextOverflow, { promptTokens, limitTokens, outputTokens });
  });
}

test("a code alone, and sizes in fields, tell an overflow too", () => {
  const byCode = readErrorBody('{"error":{"message":"Nope","code":"CONTEXT_LENGTH_EXCEEDED"}}');
  assert.deepEqual(byCode.contextOverflow, { promptTokens: null, limitTokens: null, outputTokens: null });
  const byFields = readErrorBody(
    '{"error":{"code":400,"message":"request too big","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}',
  );
  assert.deepEqual(byFields.contextOverflow, { promptTokens: 9, limitTokens: 8, outputTokens: null });
});

test("a rate limit in tokens, a bad field and an answer that was cut are no overflow", () => {
  const others = [
    "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000",
    "max_tokens is too large: 200000. This model supports at most 16384 completion tokens",
    "Request body is too large",
    "This request would exceed your organization's rate limit of 20,000,000 prompt bytes per hour. Please reduce the prompt length or the maximum tokens requested",
  ];
  for (const message of others)
    assert.equal(readErrorBody(JSON.stringify({ error: { message } })).contextOverflow, null, message);
});

test("an overflow is told in the words by which Claude Code recovers", () => {
  const sizes = { promptTokens: 9000, limitTokens: 8192, outputTokens: null };
  assert.equal(contextOverflowMessage(sizes, "x"), "prompt is too long: 9000 tokens > 8192 maximum");
  assert.match(
    contextOverflowMessage({ promptTokens: 3245, limitTokens: 4097, outputTokens: 1050 }, "x"),
    /^input length and `max_tokens` exceed context limit: 3245 \+ 1050 > 4097/,
  );
  const unknown = { promptTokens: null, limitTokens: 8192, outputTokens: null };
  assert.equal(contextOverflowMessage(unknown, "Too many tokens"), "prompt is too long: Too many tokens");
  assert.equal(contextOverflowMessage(unknown, "Prompt is too long"), "Prompt is too long");
});

test("a huge body gives a short message, nonsense never throws", () => {
  assert.ok(readErrorBody("x".repeat(1_000_000)).message.length <= 2001);
  for (const name of ["error", "message", "x"]) {
    const deep = `{"${name}":`.repeat(50_000) + "1" + "}".repeat(50_000);
    assert.ok(readErrorBody(deep).message.startsWith(`{"${name}":`));
  }
  assert.equal(readErrorBody("[".repeat(50_000) + "]".repeat(50_000)).type, null);
  fc.assert(fc.property(fc.string(), (body) => void readErrorBody(body)));
  fc.assert(fc.property(fc.json(), (body) => void readErrorBody(body)));
});

test("a page of tags that never end holds nobody up", () => {
  const startedAt = performance.now();
  for (const tag of ["<title ", "<title>", "<script ", "<script>", "<"]) readErrorBody(`<html>${tag.repeat(35_000)}`);
  assert.ok(performance.now() - startedAt < 2_000);
});
