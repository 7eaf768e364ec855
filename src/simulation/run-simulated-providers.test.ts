import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulatedProvider } from "./create-simulated-provider.ts";
import { runSimulatedProviders } from "./run-simulated-providers.ts";

test("all four answer at the base URLs and with the keys of their configuration", async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  for (const [name, { kind, baseUrl, apiKey, dialect }] of Object.entries(simulated.configuration.providers)) {
    assert.equal(name, kind);
    assert.equal(baseUrl, simulated.baseUrls[kind]);
    const models = `${baseUrl}${dialect === "anthropic-messages" ? "/v1" : ""}/models`;
    assert.equal((await fetch(models, { headers: { authorization: `Bearer ${apiKey}` } })).status, 200);
    assert.equal((await fetch(models)).status, 401);
  }
});

test("a taken port is an error that names it, and none is left running", async (t) => {
  const taken = await createSimulatedProvider({ kind: "openai" });
  t.after(() => taken.close());
  await assert.rejects(
    runSimulatedProviders({ ports: { deepseek: taken.port } }),
    (error: NodeJS.ErrnoException & { port?: number }) => error.code === "EADDRINUSE" && error.port === taken.port,
  );
});
