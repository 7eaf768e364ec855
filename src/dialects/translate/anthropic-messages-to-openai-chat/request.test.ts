/** What a request may not lack, and how its limits and thinking are asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { result, sent, use } from "./test-request.ts";

test("Claude Code's attribution is left out of the prompt, and nothing but that line", () => {
  const line = "x-anthropic-billing-header: cc_version=2.1; cch=1;";
  const prompt = (system: JsonObject["x"]): JsonObject["x"] => {
    const [first] = toJsonArray(sent({ system: system ?? "" })["messages"]).map(toJsonObject);
    return first?.["role"] === "system" ? first["content"] : null;
  };
  const block = (text: string): JsonObject => ({ type: "text", text });
  assert.equal(prompt(`${line}\nBe short.\n\nBe kind.`), "Be short.\n\nBe kind.");
  assert.equal(prompt(`${line}\r\n\r\nBe short.`), "Be short.");
  assert.equal(prompt([block(`${line}\nBe short.`), block("Be kind.")]), "Be short.\n\nBe kind.");
  assert.equal(prompt([block(line), block("Be kind.")]), "Be kind.");
  assert.equal(prompt(line), null);
  assert.equal(prompt(`Say\n${line}`), `Say\n${line}`);
});

test("a conversation that says nothing is refused, as Anthropic does", () => {
  for (const empty of [[], "Hi", [{ role: "user", content: "" }]]) {
    assert.throws(
      () => sent({ messages: empty }),
      (error) => error instanceof GatewayError && error.code === "caller_invalid_request",
    );
  }
});

test("content that is neither text nor blocks is refused, not passed over", () => {
  const hello = { role: "user", content: "Hi" };
  const block: JsonObject = { type: "text", text: "a" };
  const calls = { role: "assistant", content: [use("a")] };
  for (const list of [
    [hello, { role: "user", content: block }],
    [hello, { role: "user", content: 5 }],
    [hello, calls, { role: "user", content: [result("a", block)] }],
  ]) {
    assert.throws(
      () => sent({ messages: list }),
      (error) => error instanceof GatewayError && error.code === "caller_invalid_request",
    );
  }
});

test("max_tokens never passes the model's limit, nor half of a context of which only that is known", () => {
  assert.equal(sent({}, { maxOutputTokens: 4096 })["max_tokens"], 4096);
  assert.equal(sent({}, { contextTokens: 8192 })["max_tokens"], 4096);
  assert.equal(sent({}, { contextTokens: 200_000, maxOutputTokens: 64_000 })["max_tokens"], 9000);
  assert.equal(sent({}, { tokenLimitField: "max_completion_tokens" })["max_completion_tokens"], 9000);
});

test("thinking is asked for as the target wants to be asked", () => {
  const on = { thinking: { type: "enabled", budget_tokens: 20_000 } };
  const off = { thinking: { type: "disabled" } };
  const effort = { thinking: { type: "adaptive" }, output_config: { effort: "max" } };
  const openrouter = { reasoningRequest: { kind: "openrouter" } } as const;
  const alibaba = { reasoningRequest: { kind: "enable-thinking" } } as const;
  const deepseek = { reasoningRequest: { kind: "thinking-switch" } } as const;
  const openai = { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] } } as const;
  assert.deepEqual(sent(on, openrouter)["reasoning"], { max_tokens: 8999 });
  assert.deepEqual(sent(effort, openrouter)["reasoning"], { effort: "xhigh" });
  assert.deepEqual(sent(off, openrouter)["reasoning"], { effort: "none" });
  assert.deepEqual([sent(on, alibaba)["enable_thinking"], sent(on, alibaba)["thinking_budget"]], [true, 8999]);
  assert.equal(sent(off, alibaba)["enable_thinking"], false);
  assert.deepEqual(sent(effort, deepseek)["thinking"], { type: "enabled" });
  assert.deepEqual(sent(off, deepseek)["thinking"], { type: "disabled" });
  assert.equal(sent(on, openai)["reasoning_effort"], "medium");
  assert.equal(sent(effort, openai)["reasoning_effort"], "high");
  assert.equal(sent(off, openai)["reasoning_effort"], "low");
  assert.equal(sent({ thinking: { type: "adaptive" } }, openai)["reasoning_effort"], undefined);
  assert.deepEqual(Object.keys(sent(on)), ["model", "messages", "max_tokens"]);
});

test("what would be wrong to leave out is refused", () => {
  const search = { type: "web_search_20250305", name: "web_search" };
  const own = { name: "Read", input_schema: { type: "object" } };
  const refused: [JsonObject, Partial<TargetTraits>?][] = [
    [{ tools: [search] }],
    [{ tools: [search, own], tool_choice: { type: "tool", name: "web_search" } }],
    [{ tools: [own], tool_choice: { type: "any" } }, { hasTools: false }],
    [{ messages: [{ role: "user", content: [result("a")] }] }, { hasTools: false }],
    [{ mcp_servers: [{ name: "x" }] }],
  ];
  for (const [request, traits] of refused) {
    assert.throws(
      () => sent(request, traits),
      (error) => error instanceof GatewayError && error.code === "caller_unsupported_content",
    );
  }
  assert.equal(toJsonArray(sent({ tools: [search, own] })["tools"]).length, 1);
  assert.equal(sent({ tools: [own] }, { hasTools: false })["tools"], undefined);
});
