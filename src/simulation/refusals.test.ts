import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toJsonObject } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { SimulatedProviderKind } from "./profile.ts";
import { bodyOf, models, post, start } from "./test-provider.ts";
import { textOrJson } from "./text-or-json.ts";

describe("errors", () => {
  test("come in each provider's own shape, with retry-after", async (t) => {
    const shapes: Record<SimulatedProviderKind, JsonObject> = {
      anthropic: { type: "error", error: { type: "rate_limit_error" } },
      openai: { error: { type: "requests", code: "rate_limit_exceeded" } },
      groq: { error: { type: "requests", code: "rate_limit_exceeded" } },
      deepseek: { error: { type: "rate_limit_error" } },
    };
    for (const kind of Object.keys(models) as SimulatedProviderKind[]) {
      const provider = await start(t, kind, { fault: { kind: "rate-limit", retryAfterSeconds: 7 } });
      const answer = await post(provider, bodyOf(provider, "Hi"));
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get("retry-after"), "7");
      assert.partialDeepStrictEqual(answer.body, shapes[kind]);
    }
  });

  test("an overloaded Anthropic answers 529, the others 503", async (t) => {
    for (const kind of Object.keys(models) as SimulatedProviderKind[]) {
      const provider = await start(t, kind, { fault: { kind: "overloaded" } });
      const { status } = await post(provider, bodyOf(provider, "Hi"));
      assert.equal(status, kind === "anthropic" ? 529 : 503);
    }
  });

  test("a wrong key is refused with 401 on every path", async (t) => {
    const provider = await start(t, "anthropic", { requiredKey: "right" });
    assert.equal((await post(provider, bodyOf(provider, "Hi"), { "x-api-key": "wrong" })).status, 401);
    assert.equal((await post(provider, bodyOf(provider, "Hi"), { authorization: "Bearer right" })).status, 200);
    assert.equal((await fetch(`${provider.origin}/v1/models`)).status, 401);
  });

  test("requests above the limit a minute get 429 and when to come back", async (t) => {
    const provider = await start(t, "openai", { requestsPerMinute: 2 });
    const statuses = [];
    for (let index = 0; index < 3; index++) statuses.push((await post(provider, bodyOf(provider, "Hi"))).status);
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  test("a prompt beyond the context is refused in the provider's own words", async (t) => {
    const words: Record<SimulatedProviderKind, RegExp> = {
      anthropic: /^prompt is too long: \d+ tokens > 1000 maximum$/,
      openai: /maximum context length is 1000 tokens. However, your messages resulted in/,
      groq: /Please reduce the length of the messages/,
      deepseek: /maximum context length is 1000 tokens. However, you requested/,
    };
    for (const kind of Object.keys(models) as SimulatedProviderKind[]) {
      const provider = await start(t, kind, { contextTokens: 1000 });
      const { status, body } = await post(provider, bodyOf(provider, "long ".repeat(1000)));
      assert.equal(status, 400);
      assert.match(textOrJson(toJsonObject(body["error"])["message"]), words[kind]);
    }
  });
});
