import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { discoverFromVariables, probeOllama } from "./discover.ts";

describe("keys in the environment", () => {
  test("give their providers, in the catalog's order", () => {
    const found = discoverFromVariables({
      GROQ_API_KEY: "g",
      ANTHROPIC_API_KEY: "a",
      GOOGLE_API_KEY: "x",
      PATH: "/bin",
    });
    assert.deepEqual(found, [
      { kind: "anthropic", keyVariable: "ANTHROPIC_API_KEY", models: [] },
      { kind: "gemini", keyVariable: "GOOGLE_API_KEY", models: [] },
      { kind: "groq", keyVariable: "GROQ_API_KEY", models: [] },
    ]);
  });

  test("that are empty give none, and GITHUB_TOKEN gives none either: that service is retired", () => {
    assert.deepEqual(discoverFromVariables({ OPENAI_API_KEY: " ", GITHUB_TOKEN: "ghp_1" }), []);
  });
});

describe("an Ollama on this machine", () => {
  /** For the server that is to be found: a busy machine does not make it late. */
  const patientMs = 60_000;

  async function probe(listener: RequestListener, limitMs?: number): Promise<unknown> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const found = await probeOllama(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, limitMs);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return found;
  }

  test("is found with its models", async () => {
    const found = await probe((_incoming, outgoing) => {
      outgoing.end(JSON.stringify({ object: "list", data: [{ id: "qwen3-coder" }, { id: "gpt-oss:20b" }, {}] }));
    }, patientMs);
    assert.deepEqual(found, { kind: "ollama", keyVariable: null, models: ["qwen3-coder", "gpt-oss:20b"] });
  });

  const others: readonly [string, RequestListener][] = [
    ["without models", (_incoming, outgoing) => outgoing.end('{"data":null}')],
    ["that is somebody else", (_incoming, outgoing) => outgoing.writeHead(404).end("not here")],
    ["that speaks no JSON", (_incoming, outgoing) => outgoing.end("<html>")],
    ["that does not answer in time", () => undefined],
    ["that stops in the middle of its answer", (_incoming, outgoing) => void outgoing.write('{"data":[')],
    [
      "that trickles",
      (_incoming, outgoing) => {
        const timer = setInterval(() => outgoing.write(" "), 20);
        outgoing.on("close", () => clearInterval(timer));
      },
    ],
    [
      "that never stops",
      (_incoming, outgoing) => {
        const more = (): void => {
          while (!outgoing.destroyed && outgoing.write("x".repeat(65_536)));
          outgoing.once("drain", more);
        };
        more();
      },
    ],
  ];
  for (const [title, listener] of others) {
    test(`${title} is none`, async () => assert.equal(await probe(listener), null));
  }

  test("where nobody listens is none", async () => {
    assert.equal(await probeOllama("http://127.0.0.1:9"), null);
  });
});
