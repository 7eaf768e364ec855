/** docs/translation/openai-to-anthropic.md and the program say the same of each field. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { GatewayError } from "../../src/core/errors/errors.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { defaultTraits } from "../../src/dialects/target-traits.ts";
import { requestFields } from "../../src/dialects/translate/openai-chat-to-anthropic-messages/fields.ts";
import { finishReasons } from "../../src/dialects/translate/openai-chat-to-anthropic-messages/finish-reasons.ts";
import { openaiChatToAnthropicMessages } from "../../src/dialects/translate/openai-chat-to-anthropic-messages/pair.ts";
import { probes } from "./openai-to-anthropic-probes.ts";
import type { Probe } from "./openai-to-anthropic-probes.ts";

interface Row {
  readonly field: string;
  readonly treatment: string;
}

const page = readFileSync(new URL("../../docs/translation/openai-to-anthropic.md", import.meta.url), "utf8");
const requestPage = page.slice(0, page.indexOf("## Answer"));
const answerPage = page.slice(page.indexOf("## Answer"));

const rows: readonly Row[] = requestPage
  .split("\n")
  .filter((line) => /^\| .*\| (?:kept|mapped|dropped|refused) \|/.test(line))
  .map((line) => line.split(" | "))
  .map(([field = "", treatment = ""]) => ({
    field: field.replace(/^\| /, "").replaceAll("`", ""),
    treatment,
  }));

function run({ request, traits }: Probe): { readonly json: string; readonly notes: readonly string[] } {
  const target = { ...defaultTraits({ provider: "target", model: "target-model" }), ...traits };
  const { body, notes } = openaiChatToAnthropicMessages.request(
    { model: "m", messages: [{ role: "user", content: "Hi" }], ...request },
    target,
  );
  return { json: JSON.stringify(body), notes };
}

test("every row of the page has its probe, and every probe its row", () => {
  assert.deepEqual(Object.keys(probes).sort(), rows.map(({ field }) => field).sort());
});

test("the page's request table is the program's own table", () => {
  const requestTable = requestPage.slice(requestPage.indexOf("## Request"), requestPage.indexOf("## Tools"));
  const named = [...requestTable.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, name = "", rule = ""]) => [name, rule]);
  const rules = Object.entries(requestFields).map(([name, { kind }]) => [name, kind]);
  assert.deepEqual(Object.fromEntries(named), { ...Object.fromEntries(rules), model: "mapped" });
});

for (const { field, treatment } of rows) {
  test(`${field} is ${treatment}`, () => {
    const probe = probes[field];
    assert.ok(probe !== undefined);
    if (treatment === "refused") {
      assert.throws(
        () => run(probe),
        (error) => error instanceof GatewayError && error.code.startsWith("caller_") && error.status === 400,
      );
      return;
    }
    const { json, notes } = run(probe);
    for (const wanted of probe.has ?? []) assert.ok(json.includes(wanted), `${wanted} is not in ${json}`);
    for (const unwanted of probe.lacks ?? []) assert.ok(!json.includes(unwanted), `${unwanted} is in ${json}`);
    if (probe.note !== undefined)
      assert.ok(
        notes.some((note) => probe.note?.test(note)),
        `notes: ${notes.join("; ")}`,
      );
    if (treatment === "kept" || treatment === "mapped") assert.ok((probe.has ?? probe.lacks ?? []).length > 0);
  });
}

test("values that ask for nothing are neither refused nor noted", () => {
  const request: JsonObject = {};
  for (const [name, rule] of Object.entries(requestFields)) {
    if ("unless" in rule && rule.unless?.[0] !== undefined) request[name] = rule.unless[0] as JsonObject[string];
    else if (rule.kind !== "kept" && rule.kind !== "mapped") request[name] = null;
  }
  assert.deepEqual(run({ request }).notes, []);
});

test("a field that nobody knows is left out and noted", () => {
  const { json, notes } = run({ request: { brand_new: { a: 1 } } });
  assert.ok(!json.includes("brand_new"));
  assert.deepEqual(notes, ["brand_new left out: unknown"]);
});

test("every stop reason of the program stands in the answer's table", () => {
  const row = answerPage.split("\n").find((line) => line.startsWith("| `stop_reason`")) ?? "";
  for (const [stopReason, finishReason] of Object.entries(finishReasons)) {
    const part = row.split(";").find((piece) => piece.includes(`\`${stopReason}\``));
    assert.ok(part?.includes(`→ \`${finishReason}\``), stopReason);
  }
});
