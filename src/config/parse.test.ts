import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ReasoningRequest, TargetTraits } from "../dialects/target-traits.ts";
import { compileRules, compileScenarios } from "../routing/rules.ts";
import { parseConfig } from "./parse.ts";
import type { ParseContext, ParseResult } from "./parse.ts";
import { formatProblem } from "./problem.ts";
import type { Config } from "./schema.ts";
import type { ReasoningRequestConfig, TraitsConfig } from "./schema/traits.ts";

const folder = join(import.meta.dirname, "testdata");

const context: ParseContext = {
  environment: { TEST_PORT: "4100", TEST_KEY: "hush-hush-0", TEST_EMPTY: "" },
  folder: "/etc/ccr",
  stateFolder: "/var/ccr",
  readFile: (path) => (path === "secret" ? "hush-hush-9\n" : undefined),
};

function parse(text: string, environment: Record<string, string> = {}): ParseResult {
  return parseConfig(text, { ...context, environment: { ...context.environment, ...environment } });
}

function good(text: string, environment: Record<string, string> = {}): Config {
  const result = parse(text, environment);
  if (result.kind === "bad") assert.fail(result.problems.map((one) => formatProblem(null, one)).join("\n"));
  return result.config;
}

function problemsOf(name: string, text: string): string {
  const result = parse(text);
  const problems = result.kind === "bad" ? result.problems : result.warnings;
  return problems
    .map((one) => `${one.severity === "warning" ? "(warning) " : ""}${formatProblem(name, one)}\n`)
    .join("");
}

for (const name of readdirSync(folder).filter((file) => file.endsWith(".good.yaml"))) {
  test(`${name} is accepted without a warning`, () => {
    const result = parse(readFileSync(join(folder, name), "utf8"));
    assert.deepEqual(result.kind === "bad" ? result.problems : result.warnings, []);
  });
}

for (const name of readdirSync(folder).filter((file) => file.endsWith(".bad.yaml"))) {
  test(`${name} is refused with the messages beside it (UPDATE=1 rewrites them)`, () => {
    const found = problemsOf(name, readFileSync(join(folder, name), "utf8"));
    const expected = join(folder, name.replace(".yaml", ".txt"));
    if (process.env["UPDATE"] === "1") writeFileSync(expected, found);
    assert.equal(readFileSync(expected, "utf8"), found);
    assert.ok(!found.includes("hush-hush"), "a value of the file is in the messages");
  });
}

test("a file in UTF-16 is told to be saved as UTF-8", () => {
  const text = Buffer.from("\ufeffserver:\n  port: 4000\n", "utf16le").toString("utf8");
  assert.equal(problemsOf("ccr.yaml", text), "ccr.yaml: the file is no text in UTF-8; save it as UTF-8\n");
});

test("an empty file gives the documented defaults", () => {
  const config = good("");
  assert.equal(config.server.port, 3456);
  assert.equal(config.server.host, "127.0.0.1");
  assert.deepEqual(config.providers, {});
  assert.equal(config.auth.keysFile, "/var/ccr/keys.json");
  assert.equal(config.ledger.sqlitePath, "/var/ccr/ledger.sqlite");
  assert.equal(config.logging.file, "/etc/ccr/logs/error.log");
  assert.equal(config.redis, null);
});

test("a provider with nothing behind its name has all defaults, and its name says its kind", () => {
  const { ollama } = good("providers:\n  ollama:\n").providers;
  assert.equal(ollama?.kind, "ollama");
  assert.deepEqual(ollama.keys, []);
  assert.equal(ollama.timeouts.totalMs, 1_800_000);
});

test("apiKey is the first of the keys, keys without a name are numbered, and a key alone is enough", () => {
  const { openai } = good(
    "providers: { openai: { apiKey: a, keys: [{ value: b, weight: 3 }, { name: x, value: c }, d] } }",
  ).providers;
  assert.deepEqual(openai?.keys, [
    { name: "key-1", value: "a", weight: 1 },
    { name: "key-2", value: "b", weight: 3 },
    { name: "x", value: "c", weight: 1 },
    { name: "key-4", value: "d", weight: 1 },
  ]);
});

test("a provider's key is one line of ASCII, without the blanks of the file that it came from", () => {
  const { openai } = good('providers: { openai: { apiKey: " k1\\n", keys: ["k2 "] } }').providers;
  assert.deepEqual(
    openai?.keys.map(({ value }) => value),
    ["k1", "k2"],
  );
  for (const key of ['"x\\ny"', "schlüssel", '" "']) {
    const result = parse(`providers: { openai: { apiKey: ${key} } }`);
    assert.ok(result.kind === "bad");
    assert.equal(result.problems[0]?.path, "providers.openai.apiKey");
  }
});

test("models may be a list or a map", () => {
  const list = good("providers: { openai: { models: [a, b] } }").providers.openai?.models;
  const map = good("providers: { openai: { models: { a: {}, b: { maxOutputTokens: 5 } } } }").providers.openai?.models;
  assert.deepEqual(Object.keys(list ?? {}), ["a", "b"]);
  assert.deepEqual(map?.a, list?.a);
  assert.equal(map?.b?.maxOutputTokens, 5);
});

test("numbers and switches are read from references", () => {
  const config = good('server: { port: "${TEST_PORT}" }\ncache: { enabled: "${X:-true}" }');
  assert.equal(config.server.port, 4100);
  assert.equal(config.cache.enabled, true);
});

test("a key of digits stays text", () => {
  const { openai } = good("providers: { openai: { apiKey: '${DIGITS}' } }", { DIGITS: "0123" }).providers;
  assert.equal(openai?.keys[0]?.value, "0123");
});

test("CCR_HOST, CCR_PORT and CCR_LOG_LEVEL win over the file, and are named when they are wrong", () => {
  const environment = { CCR_HOST: "::1", CCR_PORT: "5000", CCR_LOG_LEVEL: "warn" };
  const config = good("server: { port: 4000 }", environment);
  assert.deepEqual([config.server.host, config.server.port, config.logging.level], ["::1", 5000, "warn"]);
  const result = parse("server: { port: 4000 }", { CCR_PORT: "many" });
  assert.ok(result.kind === "bad");
  assert.deepEqual(
    result.problems.map(({ path, line, problem }) => [path, line, problem]),
    [["CCR_PORT", null, "must be a number (a variable of the environment or of .env)"]],
  );
});

test("amounts become nano-dollars", () => {
  const { budgets, optimization } = good(
    "budgets: { caps: [{ scope: all, daily: 0.3 }] }\noptimization: { budgets: { daily: 5 } }",
  );
  assert.equal(budgets.caps[0]?.dailyNanoUsd, 300_000_000);
  assert.equal(optimization.budgets.dailyNanoUsd, 5_000_000_000);
});

test("without configured providers, targets may name those of the environment", () => {
  assert.equal(parse("routing: { default: groq/llama }").kind, "ok");
  assert.equal(parse("routing: { default: nobody/llama }").kind, "bad");
});

test("what is needed and what is empty is said so", () => {
  const result = parse('routing: { scenarios: { longContext: { thresholdTokens: 5 } } }\naliases: { "": openai/x }');
  assert.ok(result.kind === "bad");
  assert.deepEqual(
    result.problems.map(({ path, problem }) => [path, problem]),
    [
      ["routing.scenarios.longContext.to", "is needed"],
      ['aliases[""]', "must not be empty"],
    ],
  );
});

test("rules and scenarios are what routing compiles", () => {
  const { routing } = good(readFileSync(join(folder, "full.good.yaml"), "utf8"));
  assert.deepEqual(
    compileRules(routing.rules).map((rule) => rule.action.kind),
    ["route", "reject"],
  );
  assert.deepEqual(
    compileScenarios(routing.scenarios).map((rule) => rule.name),
    ["longContext", "background"],
  );
});

test("a rule is reported when an earlier one takes all of its calls, and only then", () => {
  const rules = (first: string, second: string): string =>
    `providers: { openai: {} }\nrouting: { rules: [{ name: a, when: ${first}, to: openai/x }, { name: b, when: ${second}, to: openai/x }] }`;
  const warns = (first: string, second: string): boolean =>
    problemsOf("f", rules(first, second)).includes("never reached");
  assert.ok(warns("{}", "{ user: x }"));
  assert.ok(warns("{ user: x }", "{ user: x, team: y }"));
  assert.ok(!warns("{ user: x }", "{ team: y }"));
  assert.ok(!warns("{ user: x, team: y }", "{ user: x }"));
  assert.ok(warns("{ header: { a: x, b: y } }", "{ header: { b: y, a: x }, user: x }"));
});

test("an address whose password or query would not be sent is refused", () => {
  const problems = (baseUrl: string): string =>
    problemsOf("f", `providers: { corp: { kind: custom, dialect: openai-chat, apiKey: k, baseUrl: "${baseUrl}" } }`);
  assert.match(problems("https://ann:s3cret@llm.example/v1"), /providers\.corp\.baseUrl: holds a user or password/);
  for (const half of ["ann@", ":s3cret@"])
    assert.match(problems(`https://${half}llm.example/v1`), /a user or password/);
  assert.match(problems("https://llm.example/v1?api-version=3"), /providers\.corp\.baseUrl: holds a query/);
  assert.equal(problems("https://llm.example/v1?"), "");
});

test("no message ever holds a value, wherever a secret stands in the wrong place", () => {
  const places = [
    "server.port",
    "server.host.x",
    "providers.openai",
    "providers.openai.baseUrl",
    "providers.openai.keys",
    "providers.openai.proxy",
    "redis.url",
    "auth.adminKeyHash",
    "budgets.webhook.url",
    "ledger.postgres",
    "monitoring.otlp.headers",
    "logging.level",
    "routing.rules",
  ];
  const secret = fc.stringMatching(/^[A-Za-z0-9:*&!%@`'"{}#-]{12,30}$/);
  fc.assert(
    fc.property(fc.constantFrom(...places), secret, (place, value) => {
      const plain = place
        .split(".")
        .reverse()
        .reduce<unknown>((inner, key) => ({ [key]: inner }), value);
      const text = `${place
        .split(".")
        .map((key, depth) => `${"  ".repeat(depth)}${key}:`)
        .join("\n")} ${value}\n`;
      assert.ok(!problemsOf("f", JSON.stringify(plain)).includes(value));
      assert.ok(!problemsOf("f", text).includes(value));
    }),
    { numRuns: 300 },
  );
});

/** Compiles only while settings fit what they override. */
const traitsFit: (traits: TraitsConfig) => Partial<Omit<TargetTraits, "target">> = (traits) => traits;
const requestFits: (request: ReasoningRequestConfig) => ReasoningRequest = (request) => request;

test("traits of the configuration are traits of targets", () => {
  const { openai } = good(
    "providers: { openai: { traits: { reasoningRequest: { kind: effort, efforts: [low] } } } }",
  ).providers;
  const { reasoningRequest } = traitsFit(openai?.traits ?? {});
  assert.ok(reasoningRequest !== undefined);
  assert.deepEqual(requestFits(reasoningRequest), { kind: "effort", efforts: ["low"] });
});
