import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { initialConfig } from "../cli/settings/initial-config.ts";
import { editorJsonSchema } from "./json-schema.ts";
import { knownProviders } from "./known-providers.ts";
import { parseConfig } from "./parse.ts";
import { formatProblem } from "./problem.ts";

const folder = join(import.meta.dirname, "../../examples");
const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(editorJsonSchema());

const environment = {
  ...Object.fromEntries(knownProviders.flatMap(({ keyVariables }) => keyVariables).map((name) => [name, "some-key"])),
  OPENROUTER_SPARE_KEY: "some-key",
  ANTHROPIC_FOUNDRY_API_KEY: "some-key",
  AWS_BEARER_TOKEN_BEDROCK: "some-key",
  AZURE_OPENAI_API_KEY: "some-key",
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/x",
  REDIS_URL: "redis://redis:6379",
  DATABASE_URL: "postgres://ccr@postgres/ccr",
};

function problemsOf(name: string, text: string): readonly string[] {
  const result = parseConfig(text, { environment, folder, stateFolder: folder, readFile: () => "some-key" });
  const problems = result.kind === "bad" ? result.problems : result.warnings;
  return problems.map((problem) => formatProblem(name, problem));
}

for (const name of readdirSync(folder).filter((file) => file.endsWith(".yaml"))) {
  const text = readFileSync(join(folder, name), "utf8");

  test(`examples/${name} is a configuration without errors or warnings`, () => {
    assert.deepEqual(problemsOf(name, text), []);
  });

  test(`examples/${name} is valid for editors`, () => {
    assert.ok(isValid(parse(text)), JSON.stringify(isValid.errors));
  });
}

test("what init writes is valid for each provider, for the program and for editors", () => {
  for (const { kind, keyVariables } of knownProviders) {
    const text = initialConfig({ providers: [{ kind, keyVariable: keyVariables[0] ?? null }], port: 4000 });
    assert.deepEqual(problemsOf(kind, text), []);
    assert.ok(isValid(parse(text)), JSON.stringify(isValid.errors));
  }
});

test("what init shows as comments is valid without their signs", () => {
  const text = initialConfig({ providers: [{ kind: "anthropic", keyVariable: "ANTHROPIC_API_KEY" }], port: 4000 });
  const inForce = text.replaceAll(/^# (?=[a-z]+:$| )/gm, "");
  assert.match(inForce, /^aliases:\n  fast: [^]+^routing:\n  default: [^]+^  fallbacks:\n [^]+^budgets:\n  caps:\n/m);
  assert.deepEqual(problemsOf("init", inForce), []);
});

test("editors mark what the program refuses: unknown keys, wrong types", () => {
  assert.equal(isValid({ server: { prot: 1 } }), false);
  assert.equal(isValid({ server: { port: "many" } }), false);
  assert.equal(isValid({ server: { port: "${PORT}" }, providers: { ollama: null } }), true);
});
