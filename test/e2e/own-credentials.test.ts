/** A provider that refuses the router's own credentials: no client is asked to mend or to repeat what it cannot mend. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";

for (const [kind, model] of [
  ["anthropic", "claude-sonnet-4-5"],
  ["openai", "gpt-4.1"],
] as const) {
  test(`a refused key is told as the router's, now and while it rests (${kind})`, async (t) => {
    const provider = await createSimulatedProvider({ kind, behaviour: { requiredKey: "another" } });
    t.after(() => provider.close());
    const router = await startLocalRouter(t, { providers: { [kind]: { baseUrl: provider.baseUrl, apiKey: "wrong" } } });
    for (const words of [/refuses the credentials/, /has refused all credentials/]) {
      const body = JSON.stringify({ model, max_tokens: 16, messages: [{ role: "user", content: "Hi" }] });
      const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body });
      assert.equal(answer.status, 502);
      assert.equal(answer.headers.get("x-should-retry"), "false");
      const text = await answer.text();
      assert.match(text, words);
      assert.match(text, /whoever runs the router/);
      assert.doesNotMatch(text, /x-api-key|wrong/);
    }
    assert.equal(provider.requests.length, 1);
  });
}

test("a key that rests from a rate limit is told as one, with the time that is left", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => provider.close());
  const router = await startLocalRouter(t, { providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } } });
  provider.behaveNext({ fault: { kind: "rate-limit", retryAfterSeconds: 40 } });
  for (let count = 0; count < 2; count++) {
    const body = '{"model":"claude-sonnet-4-5","max_tokens":16,"messages":[{"role":"user","content":"Hi"}]}';
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body });
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers.get("retry-after")) > 20);
    assert.equal(answer.headers.get("x-should-retry"), null);
  }
});
