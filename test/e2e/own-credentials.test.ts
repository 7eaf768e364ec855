/** A provider that refuses the router's own credentials: no client is asked to mend or to repeat what it cannot mend. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

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

test("a key that a provider quotes in its errors reaches no client, no operator, no ledger and no probe", async (t) => {
  const secret = "the-router's-own-key-4711";
  const server = createServer(({ headers, url }, answer) => {
    const message = `no such key: ${String(headers["x-api-key"])}, asked at ${url}`;
    answer.writeHead(url === "/v1/messages" ? 401 : 400, { "content-type": "application/json" });
    answer.end(JSON.stringify({ type: "error", error: { type: "authentication_error", message } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const router = await startLocalRouter(t, { providers: { anthropic: { baseUrl, apiKey: secret } } });
  const read = async (path: string): Promise<string> => (await fetch(router.url + path)).text();
  const body = JSON.stringify({
    model: "claude-sonnet-4-5",
    max_tokens: 16,
    messages: [{ role: "user", content: "Hi" }],
  });
  for (const path of ["/v1/messages/count_tokens", "/v1/messages"]) {
    const answer = await (await fetch(router.url + path, { method: "POST", body })).text();
    assert.match(answer, /no such key: \[hidden\], asked at/);
  }
  const calls = await waitUntil("the call is in the ledger", async () => {
    const found = await read("/api/calls");
    return found.includes("no such key: [hidden]") ? found : null;
  });
  const id = /"id": "(req_\w+)"/.exec(calls)?.[1];
  for (const path of [
    "/health",
    "/api/overview",
    "/api/providers/health",
    "/metrics",
    `/api/calls/${id}`,
    `/debug/traces/${id}`,
  ])
    assert.ok(!(await read(path)).includes(secret), path);
});

for (const isStreaming of [true, false]) {
  test(`a key that a provider quotes in an error under status 200 is hidden, too (${isStreaming ? "streamed" : "whole"})`, async (t) => {
    const secret = "the-router's-own-key-4711";
    const server = createServer(({ headers }, answer) => {
      const message = `Incorrect API key provided: ${headers.authorization}`;
      const error = JSON.stringify({ error: { message, type: "authentication_error" } });
      answer.writeHead(200, { "content-type": isStreaming ? "text/event-stream" : "application/json" });
      answer.end(isStreaming ? `data: ${error}\n\n` : error);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ["/v1/messages", "/v1/chat/completions"]) {
      const router = await startLocalRouter(t, { providers: { openai: { baseUrl, apiKey: secret } } });
      const messages = [{ role: "user", content: "Hi" }];
      const body = JSON.stringify({ model: "gpt-4.1", max_tokens: 16, stream: isStreaming, messages });
      const answer = await fetch(router.url + path, { method: "POST", body });
      assert.equal(answer.status, 502);
      assert.match(
        await answer.text(),
        /refuses the credentials that the router has .* Incorrect API key provided: Bearer \[hidden\]/,
      );
      await waitUntil("the call is in the ledger", async () => {
        const calls = await (await fetch(`${router.url}/api/calls`)).text();
        assert.ok(!calls.includes(secret));
        return calls.includes("Incorrect API key provided: Bearer [hidden]") ? calls : null;
      });
    }
  });
}

const begun = {
  anthropic: [
    {
      type: "message_start",
      message: {
        id: "m",
        type: "message",
        role: "assistant",
        content: [],
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "So far" } },
  ],
  openai: [{ id: "c", choices: [{ index: 0, delta: { role: "assistant", content: "So far" } }] }],
} as const;

/** Two writes of a provider that then ends its stream. */
async function startBrokenOff(t: CleansUp, kind: keyof typeof begun, error: object, end: string): Promise<string> {
  const named = (event: object): string =>
    `${"type" in event ? `event: ${String(event.type)}\n` : ""}data: ${JSON.stringify(event)}\n\n`;
  const server = createServer((_request, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.write(begun[kind].map(named).join(""));
    answer.end(`data: {}\n\n${named(error).trimEnd()}${end}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

for (const kind of ["anthropic", "openai"] as const) {
  for (const path of ["/v1/messages", "/v1/chat/completions"]) {
    test(`a refusal in the middle of an answer is told as the router's, once and last (${kind} at ${path})`, async (t) => {
      for (const [type, shown] of [
        ["authentication_error", "authentication_error"],
        ["permission_error", "permission_error"],
        ["billing_error", path === "/v1/messages" ? "api_error" : "server_error"],
      ]) {
        // The last one lacks its blank line.
        for (const end of ["\n\ndata: [DONE]\n\n", "\n"]) {
          const error = { type: "error", error: { type, message: "Sorry, x-api-key" } };
          const baseUrl = await startBrokenOff(t, kind, error, end);
          const router = await startLocalRouter(t, { providers: { own: { kind, baseUrl, apiKey: "k" } } });
          const model = `own/${kind === "anthropic" ? "claude-sonnet-4-5" : "gpt-4.1"}`;
          const body = { model, max_tokens: 16, stream: true, messages: [{ role: "user", content: "Hi" }] };
          const answer = await fetch(router.url + path, { method: "POST", body: JSON.stringify(body) });
          const text = await answer.text();
          assert.match(
            text,
            /So far[^]*own refuses the credentials that the router has .*: Sorry, API key"[^\n]*\n\n$/,
          );
          assert.equal(text.split('"error":').length, 2, text);
          assert.match(text, new RegExp(`"type":"${shown}"[^]*\n\n$`));
          assert.doesNotMatch(text, /x-api-key/);
        }
      }
    });
  }
}

test("a refusal of the client's own login in the middle of an answer passes as it came", async (t) => {
  const error = { type: "error", error: { type: "authentication_error", message: "Sorry, x-api-key" } };
  const baseUrl = await startBrokenOff(t, "anthropic", error, "\n\n");
  const router = await startLocalRouter(t, { providers: { anthropic: { baseUrl, credentials: "passthrough" } } });
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 16,
    stream: true,
    messages: [{ role: "user", content: "Hi" }],
  };
  const headers = { "x-api-key": "sk-ant-client" };
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok((await answer.text()).endsWith(`event: error\ndata: ${JSON.stringify(error)}\n\n`));
});

for (const kind of ["anthropic", "openai"] as const) {
  for (const path of ["/v1/messages", "/v1/chat/completions"]) {
    test(`a key that a provider quotes in the middle of an answer is hidden, too (${kind} at ${path})`, async (t) => {
      const secret = "the-router's-own-key-4711";
      const server = createServer(({ headers }, answer) => {
        const message = `upstream refused ${String(headers["x-api-key"] ?? headers.authorization)}`;
        const error = { type: "error", error: { type: "api_error", message } };
        answer.writeHead(200, { "content-type": "text/event-stream" });
        for (const event of [...begun[kind], error]) {
          const name = "type" in event ? `event: ${event.type}\n` : "";
          answer.write(`${name}data: ${JSON.stringify(event)}\n\n`);
        }
        answer.end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      t.after(() => server.close());
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const router = await startLocalRouter(t, { providers: { own: { kind, baseUrl, apiKey: secret } } });
      const model = `own/${kind === "anthropic" ? "claude-sonnet-4-5" : "gpt-4.1"}`;
      const body = { model, max_tokens: 16, stream: true, messages: [{ role: "user", content: "Hi" }] };
      const answer = await fetch(router.url + path, { method: "POST", body: JSON.stringify(body) });
      const text = await answer.text();
      assert.equal(answer.status, 200);
      assert.match(text, /So far[^]*upstream refused (?:Bearer )?\[hidden\]/);
      assert.ok(!text.includes(secret));
      await waitUntil("the call is in the ledger", async () =>
        /upstream refused (?:Bearer )?\[hidden\]/.test(await (await fetch(`${router.url}/api/calls`)).text()),
      );
      for (const shown of ["/api/calls", "/api/overview", "/api/providers/health"])
        assert.ok(!(await (await fetch(router.url + shown)).text()).includes(secret), shown);
    });
  }
}
