import assert from "node:assert/strict";
import { test } from "node:test";
import { errorTable } from "../../core/errors/error-table.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { readErrorBody } from "./read-error-body.ts";
import { renderError, renderStreamError } from "./render-error.ts";

test("every code of the table reads back with its message, in both dialects", () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const error = new GatewayError(code, `Why "${code}": ü\n.`);
    for (const dialect of ["anthropic-messages", "openai-chat"] as const) {
      const read = readErrorBody(renderError(dialect, error, "req_1"));
      assert.equal(read.message, error.message);
      assert.equal(read.type, errorTable[code][dialect === "openai-chat" ? "openaiType" : "anthropicType"]);
    }
  }
});

test("an Anthropic error has the exact shape that Claude Code reads", () => {
  const error = new GatewayError("provider_overloaded", "Overloaded");
  const json = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}';
  assert.equal(renderError("anthropic-messages", error, "req_1"), json);
  assert.equal(renderStreamError("anthropic-messages", error, "req_1"), `event: error\ndata: ${json}\n\n`);
});

test("an OpenAI stream error is a payload with `error`", () => {
  const error = new GatewayError("provider_cut_answer", "The provider broke off.");
  assert.equal(
    renderStreamError("openai-chat", error, "req_1"),
    'data: {"error":{"message":"The provider broke off.","type":"server_error","param":null,"code":"provider_cut_answer"},"request_id":"req_1"}\n\n',
  );
});

test("a provider's own status decides the type where it differs from the table's", () => {
  const types: [number, string, string][] = [
    [401, "authentication_error", "authentication_error"],
    [403, "permission_error", "permission_error"],
    [413, "request_too_large", "invalid_request_error"],
    [422, "invalid_request_error", "invalid_request_error"],
    [429, "rate_limit_error", "rate_limit_error"],
    [500, "api_error", "server_error"],
    [529, "overloaded_error", "server_error"],
  ];
  for (const [status, anthropic, openai] of types) {
    const error = new GatewayError("provider_rejected_request", "x", { status });
    assert.equal(readErrorBody(renderError("anthropic-messages", error, "r")).type, anthropic);
    assert.equal(readErrorBody(renderError("openai-chat", error, "r")).type, openai);
  }
});

test("a context overflow has the code and the words that OpenAI's clients know, with the sizes that were told", () => {
  const told: [string, object][] = [
    ["prompt is too long: 5 tokens > 4 maximum", { promptTokens: 5, limitTokens: 4, outputTokens: null }],
    [
      "input length and `max_tokens` exceed context limit: 3 + 2 > 4, decrease input length or `max_tokens` and try again",
      { promptTokens: 3, limitTokens: 4, outputTokens: 2 },
    ],
  ];
  for (const [message, sizes] of told) {
    const read = readErrorBody(renderError("openai-chat", new GatewayError("caller_context_overflow", message), "r"));
    assert.equal(read.code, "context_length_exceeded");
    assert.match(read.message, /maximum context length is 4 tokens/);
    assert.deepEqual(read.contextOverflow, sizes);
  }
});
