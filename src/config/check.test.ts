/** What is found in settings that are each well formed, and do not fit together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "./parse.ts";
import { formatProblem } from "./problem.ts";

function problemsOf(text: string): string {
  const result = parseConfig(text, { environment: {}, folder: "/etc", stateFolder: "/var", readFile: () => undefined });
  const problems = result.kind === "bad" ? result.problems : result.warnings;
  return problems.map((one) => `${one.severity}: ${formatProblem("f", one)}\n`).join("");
}

test("names are looked up in each place where targets stand", () => {
  const problems = (routing: string): string =>
    problemsOf(`providers: { groq: { apiKey: k, models: [llama-3], restrictModels: true } }\nrouting: ${routing}`);
  const places = {
    "{ default: TARGET }": "default",
    "{ contextOverflow: TARGET }": "contextOverflow",
    "{ rules: [{ name: a, to: TARGET }] }": "rules[0].to",
    "{ scenarios: { think: TARGET } }": "scenarios.think",
    "{ scenarios: { longContext: { to: TARGET } } }": "scenarios.longContext.to",
    '{ fallbacks: { "*": TARGET } }': "fallbacks.*",
  };
  for (const [routing, place] of Object.entries(places)) {
    const refused = problems(routing.replace("TARGET", "gorq/llama-3"));
    assert.ok(refused.includes(`routing.${place}: no provider named gorq is configured`), `${place}: ${refused}`);
    for (const target of ["groq/llama-3", "groq/*", "llama-3"]) {
      assert.equal(problems(routing.replace("TARGET", JSON.stringify(target))), "", `${place}: ${target}`);
    }
  }
});

test("the names that were meant are looked for in the order of the file, of the first twenty alone", () => {
  const aliases = Array.from({ length: 25 }, (_, index) => `a${index}: gorq/x`).join("\n  ");
  const problems = problemsOf(`providers: { own: { kind: opena }, groq: {} }\naliases:\n  ${aliases}`);
  const hints = problems
    .trimEnd()
    .split("\n")
    .map((line) => /(\S+) is configured; did you mean `(.+)`/.exec(line)?.[2]);
  assert.deepEqual(hints, [undefined, ...Array.from({ length: 19 }, () => "groq/x"), ...Array.from({ length: 6 })]);
});

test("a provider that is not configured is none beside others that are, though its kind is known", () => {
  const target = "routing: { default: groq/llama }";
  const prices = "prices: { overrides: [{ provider: groq, model: x, multiplier: 0.9 }] }";
  assert.equal(problemsOf(`${target}\n${prices}`), "", "it may be one of the environment");
  const problems = problemsOf(`providers: { openai: {} }\n${target}\n${prices}`);
  assert.match(problems, /error: f:2 routing\.default: no provider named groq is configured/);
  assert.match(problems, /warning: f:3 prices\.overrides\[0\]\.provider: no provider named groq is configured/);
});

test("a fallback of a provider of the environment is accepted where none is configured", () => {
  assert.equal(problemsOf("routing: { fallbacks: { groq/llama: openai/x } }"), "");
});

test("bounds of a prompt's length may be alone, and one length", () => {
  for (const when of ["{ minInputTokens: 5 }", "{ maxInputTokens: 5 }", "{ minInputTokens: 5, maxInputTokens: 5 }"]) {
    const rules = `[{ name: a, when: ${when}, to: openai/x }]`;
    assert.equal(problemsOf(`providers: { openai: {} }\nrouting: { rules: ${rules} }`), "", when);
  }
});

test("a cap that a longer window's reaches first is reported, and one that fits into it is not", () => {
  const problems = (amounts: string): string =>
    problemsOf(`budgets: { caps: [{ scope: user, id: ada, ${amounts} }] }\nledger: { retentionDays: 400 }`);
  assert.match(
    problems("daily: 10, monthly: 3"),
    /daily: \$10\.00 is above monthly \(\$3\.00\), which is reached first/,
  );
  assert.match(problems("weekly: 10, monthly: 3"), /weekly: \$10\.00 is above monthly \(\$3\.00\)/);
  for (const amounts of ["daily: 10, weekly: 10, monthly: 10", "daily: 3", "monthly: 3"]) {
    assert.equal(problems(amounts), "", amounts);
  }
});

test("one member's cap and another's are two, and so are those of two scopes", () => {
  const caps = [
    "{ scope: user, id: a, daily: 1 }",
    "{ scope: user, id: b, daily: 1 }",
    "{ scope: team, id: a, daily: 1 }",
  ];
  assert.equal(problemsOf(`budgets: { caps: [${caps.join()}] }`), "");
});

test("a ledger that forgets before a budget's window is over is reported", () => {
  const caps = "budgets: { caps: [{ scope: all, daily: 1 }, { scope: user, monthly: 9 }] }";
  const problems = (budgets: string, days: number): string =>
    problemsOf(`${budgets}\nledger: { retentionDays: ${days} }`);
  for (const budgets of [caps, "optimization: { budgets: { monthly: 9 } }"]) {
    assert.match(problems(budgets, 30), /retentionDays: is less than the 31 days of a monthly budget/);
    assert.equal(problems(budgets, 31), "");
  }
  assert.equal(problems("budgets: { caps: [{ scope: user, weekly: 9 }] }", 7), "");
});

test("a key that stands twice is refused, and thresholds that pass each other are told", () => {
  const key = (id: string, letter: string): string => `{ user: ${id}, hash: "${letter.repeat(64)}" }`;
  const keys = (...list: readonly string[]): string => problemsOf(`auth: { keys: [${list.join()}] }`);
  assert.match(keys(key("k1", "a"), key("k2", "a")), /auth\.keys\[1\]\.hash: stands at an earlier key too/);
  assert.equal(keys(key("k1", "a"), key("k2", "b")), "");
  const breaker = (failures: number): string =>
    problemsOf(`breaker: { failureThreshold: ${failures}, minimumCalls: 20 }`);
  assert.match(breaker(21), /warning: f:1 breaker\.failureThreshold: is above `minimumCalls`/);
  assert.equal(breaker(20), "");
  const costs = (warning: number): string =>
    problemsOf(`optimization: { costThresholds: { warning: ${warning}, critical: 0.9 } }`);
  assert.match(costs(0.95), /optimization\.costThresholds\.warning: is above the critical one/);
  assert.equal(costs(0.9), "");
});

test("the cache's rules may name whatever places a call", () => {
  const own = ["own-module", "explicit", "subagent-tag", "alias", "listed", "model-name", "default"];
  const scenarios = ["longContext", "subagent", "background", "webSearch", "image", "think"];
  for (const name of [...own, ...scenarios]) {
    assert.equal(problemsOf(`cache: { rules: [{ route: [${name}], cache: false }] }`), "", name);
  }
  assert.match(problemsOf("cache: { rules: [{ route: [thing], cache: false }] }"), /no rule is named thing/);
});
