/** Open breakers are warned of, errors counted, and other providers' are left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMetrics } from "../metrics-text.ts";
import { judgeRunning } from "./judge-running.ts";

test("an open breaker is a warning, errors are told by code, what takes a key is named, and nothing is said of no router", () => {
  const breakers = [
    { provider: "groq", model: "a", kind: "open" },
    { provider: "groq", model: "b", kind: "closed" },
    { provider: "openai", model: "c", kind: "open" },
  ];
  const scrape = parseMetrics(
    ["provider_timeout", "provider_overloaded"]
      .map((code, index) => `ccr_provider_errors_total{provider="groq",error_type="${code}"} ${index * 2 + 1}`)
      .join("\n"),
  );
  const told = judgeRunning("groq", breakers, scrape).map(({ check, status, summary }) => [check, status, summary]);
  assert.deepEqual(told, [
    ["groq breakers", "warning", "a open"],
    ["groq errors", "ok", "provider_overloaded 3, provider_timeout 1 since the router's start"],
  ]);
  assert.deepEqual(
    judgeRunning("azure", breakers, scrape).map(({ summary }) => summary),
    ["none open", "none since the router's start"],
  );
  const [keyless] = judgeRunning("groq", null, scrape);
  assert.deepEqual([keyless?.check, keyless?.status], ["groq breakers", "skipped"]);
  assert.deepEqual(judgeRunning("groq", null, null), []);
});
