/** Requests of a megabyte, many at once: each reaches its provider as it was sent, though their memory is given back early. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";

interface Received {
  readonly path: string;
  readonly body: { readonly model: string; readonly messages: readonly { readonly content: unknown }[] };
}

/** Answers in the dialect of the path; the last message's text says what with: words, or a call of a tool. */
async function startProvider(t: TestContext): Promise<{ readonly baseUrl: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const path = request.url ?? "";
      received.push({ path, body: JSON.parse(Buffer.concat(pieces).toString()) as Received["body"] });
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(path.endsWith("/messages") ? toolCallAnswer : chatAnswer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, received };
}

const toolCallAnswer = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "tool_use", id: "toolu_1", name: "Read", input: {} }],
  stop_reason: "tool_use",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};

const chatAnswer = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "ok" } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

test("requests of a megabyte, side by side and one after the other, arrive as they were sent", async (t) => {
  const provider = await startProvider(t);
  const shared = { kind: "custom", baseUrl: provider.baseUrl, apiKey: "k" };
  const router = await startLocalRouter(t, {
    providers: {
      same: { ...shared, dialect: "anthropic-messages", models: ["claude-opus-5"] },
      other: { ...shared, dialect: "openai-chat", models: ["gpt-5"] },
    },
    aliases: { renamed: "same/claude-opus-5" },
  });
  const ask = async (model: string, index: number): Promise<void> => {
    const content = `${index} `.repeat(1_000_000 / (String(index).length + 1));
    const tools = [{ name: "Read", input_schema: { type: "object" } }];
    const body = JSON.stringify({ model, max_tokens: 10, tools, messages: [{ role: "user", content }] });
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body });
    assert.equal(answer.status, 200, await answer.text());
    const { body: arrived } = provider.received.find(({ body: { messages } }) => messages[0]?.content === content)!;
    assert.equal(arrived.model, model === "gpt-5" ? "gpt-5" : "claude-opus-5");
  };
  for (let round = 0; round < 3; round++) {
    const models = ["claude-opus-5", "renamed", "gpt-5", "claude-opus-5"];
    await Promise.all(models.map((model, index) => ask(model, 1_000 + round * 10 + index)));
  }
  assert.equal(provider.received.length, 12);
});
