/** Rules of one's own, as a module: through the whole router. */
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { loadOwnRoute } from "../../src/app/runtime/own-route.ts";
import { featuresOf } from "../../src/routing/testdata/features.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

async function start(t: CleansUp, module: string): Promise<LocalRouter> {
  const provider = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => provider.close());
  const path = join(createTemporaryFolder(t), "route.ts");
  writeFileSync(path, module);
  return startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } },
    routing: { module: path },
  });
}

function ask(router: LocalRouter, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ model: "claude-opus-5", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
  return fetch(`${router.url}/v1/messages`, { method: "POST", body, headers });
}

test("a module finds this package by its name, wherever it stands", async (t) => {
  const router = await start(
    t,
    `import { defineRoute } from "claude-code-router-ops";
     export default defineRoute(() => ({ to: "anthropic/claude-haiku-4-5", reason: "by name" }));`,
  );
  assert.equal((await ask(router)).headers.get("x-ccr-route"), "own-module; by name");
});

test("a TypeScript module decides first, and its reason is on the answer", async (t) => {
  const router = await start(
    t,
    `export default (call: { header(name: string): string | undefined }) =>
       call.header("x-cheap") === "yes" ? { to: "anthropic/claude-haiku-4-5", reason: "asked for cheap" } : null;`,
  );
  const cheap = await ask(router, { "x-cheap": "yes" });
  assert.equal(cheap.headers.get("x-ccr-model"), "claude-haiku-4-5");
  assert.equal(cheap.headers.get("x-ccr-route"), "own-module; asked for cheap");
  assert.equal((await ask(router)).headers.get("x-ccr-model"), "claude-opus-5");
});

test("a module that throws breaks no call", async (t) => {
  const router = await start(t, `export default () => { throw new Error("broken rule"); };`);
  const answer = await ask(router);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("x-ccr-route")!, /^listed/);
});

test("a module without a default export keeps the router from starting, in words", async (t) => {
  await assert.rejects(start(t, "export const route = 1;"), /routing\.module: .*no default export/);
});

test("the example of the documentation decides as it says, wherever it is copied", async (t) => {
  const copy = join(createTemporaryFolder(t), "route.ts");
  copyFileSync(join(import.meta.dirname, "../../examples/route.ts"), copy);
  const exampleRoute = await loadOwnRoute(copy);
  const interns = { ...featuresOf().caller, team: "interns" };
  assert.deepEqual(exampleRoute(featuresOf({ caller: interns, inputTokens: () => 60_000 })), {
    to: "gemini/gemini-3.8-flash",
    reason: "long and from an intern",
  });
  assert.equal(exampleRoute(featuresOf()), null);
});
