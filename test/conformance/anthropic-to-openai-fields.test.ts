/** docs/translation/anthropic-to-openai.md and the program say the same of each field. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { GatewayError } from "../../src/core/errors/errors.ts";
import { toJsonArray, toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { anthropicMessagesToOpenaiChat } from "../../src/dialects/translate/anthropic-messages-to-openai-chat/pair.ts";
import { targetTraits } from "./anthropic-to-openai-kit.ts";
import { probes } from "./anthropic-to-openai-probes.ts";
import type { Probe } from "./anthropic-to-openai-probes.ts";

type Treatment = "kept" | "mapped" | "dropped" | "refused";

const rows = readRows();

test("every row of the page has a probe, and every probe a row", () => {
  assert.deepEqual(Object.keys(probes).sort(), [...rows.keys()].sort());
});

for (const [field, probe] of Object.entries(probes)) {
  const treatment = rows.get(field);
  test(`${field} is ${treatment}, as the page says`, () => checkProbe(probe, treatment));
}

function checkProbe(
  { request, traits = targetTraits(), has = [], lacks = [], note }: Probe,
  treatment: Treatment | undefined,
): void {
  const body = {
    model: "claude-test",
    max_tokens: 100,
    messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
    ...request,
  };
  const translate = (): JsonObject => toJsonObject(anthropicMessagesToOpenaiChat.request(body, traits));
  if (treatment === "refused") {
    assert.throws(translate, (error) => error instanceof GatewayError && error.code === "caller_unsupported_content");
    return;
  }
  const translated = translate();
  const sent = JSON.stringify(translated["body"]);
  for (const piece of has) assert.ok(sent.includes(piece), `${piece} is missing in ${sent}`);
  for (const piece of lacks) assert.ok(!sent.includes(piece), `${piece} is in ${sent}`);
  assert.ok(treatment === "dropped" || has.length + lacks.length > 0);
  const notes = toJsonArray(translated["notes"]);
  if (note !== undefined)
    assert.ok(
      notes.some((line) => typeof line === "string" && note.test(line)),
      JSON.stringify(notes),
    );
}

/** Fields and treatments of the page's tables of requests: all but the last section's. */
function readRows(): ReadonlyMap<string, Treatment> {
  const page = readFileSync(new URL("../../docs/translation/anthropic-to-openai.md", import.meta.url), "utf8");
  const [requests = ""] = page.split("## Answer");
  const rows = [...requests.matchAll(/^\| (.+?) \| (kept|mapped|dropped|refused) \|/gm)];
  return new Map(rows.map(([, field = "", treatment]) => [field.replaceAll("`", ""), treatment as Treatment]));
}
