import assert from "node:assert/strict";
import { test } from "node:test";
import { findRoute } from "./admin-route.ts";
import type { AdminRoute } from "./admin-route.ts";

function partsOf(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const route: AdminRoute = { method: "GET", path: pattern, access: "open", handle: () => ({ status: 200, body: "" }) };
  const found = findRoute([route], "GET", path);
  return found.kind === "found" ? found.parts : null;
}

test("a name of several parts is taken with its slashes as they are, or escaped", () => {
  const reset = "/debug/circuit-breakers/{name+}/reset";
  for (const path of ["groq/openai/gpt-oss-120b", "groq%2Fopenai%2Fgpt-oss-120b", "groq/openai%2fgpt-oss-120b"]) {
    assert.deepEqual(partsOf(reset, `/debug/circuit-breakers/${path}/reset`), { name: "groq/openai/gpt-oss-120b" });
  }
  assert.deepEqual(partsOf(reset, "/debug/circuit-breakers/ollama/qwen3:8b/reset"), { name: "ollama/qwen3:8b" });
  assert.equal(partsOf(reset, "/debug/circuit-breakers/reset"), null);
  assert.equal(partsOf(reset, "/debug/circuit-breakers/groq/m/open"), null);
});

test("a name of one part is no more than that", () => {
  assert.deepEqual(partsOf("/api/calls/{id}", "/api/calls/a%2Fb"), { id: "a/b" });
  assert.equal(partsOf("/api/calls/{id}", "/api/calls/a/b"), null);
});
