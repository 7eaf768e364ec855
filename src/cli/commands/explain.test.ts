/** What `ccr explain` tells of where a call would go. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../../test/kit/run-cli.ts";
import type { CliRun } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";

test("explain tells of an own module that fails, beside where the call goes without it", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "route.mjs"), "export default () => ({ to: 'nowhere/x' });");
  writeFileSync(join(folder, "ccr.yaml"), "providers: { openai: { apiKey: k } }\nrouting: { module: ./route.mjs }");
  const { exitCode, stdout, stderr } = await runCli(["explain", "-m", "gpt-6-sol"], { folder });
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^rule +listed$/m);
  assert.match(stderr, /^the own routing module failed; .+: the own route answered "nowhere\/x", which is no target$/m);
});

test("explain tells rule, reason and targets, from a body, headers and options, and sends nothing", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(
    join(folder, "ccr.yaml"),
    `providers: { openai: { apiKey: k, models: [big, small], baseUrl: "http://127.0.0.1:1/v1" } }
routing:
  default: openai/big
  rules:
    - { name: reviews, when: { header: { x-purpose: "review*" } }, to: [openai/small, openai/big] }
    - { name: no-opus, when: { model: "claude-opus-4*" }, reject: "Opus 4 is not for you." }
  scenarios: { think: openai/big }
`,
  );
  const body = JSON.stringify({
    model: "claude-opus-5",
    thinking: { type: "enabled", budget_tokens: 2000 },
    messages: [],
  });
  writeFileSync(join(folder, "body.json"), body);
  const explain = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCli(["explain", ...args], { folder });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  assert.match(await explain("--model", "claude-sonnet-5"), /^1 +openai\/big /m);
  assert.match(await explain("--file", "body.json"), /^rule +think$/m);
  const plan = JSON.parse(await explain("-m", "any", "-H", "X-Purpose: review 5", "--json")) as {
    rule: string;
    targets: { model: string }[];
  };
  assert.deepEqual([plan.rule, plan.targets.map(({ model }) => model)], ["reviews", ["small", "big"]]);
  assert.match(await explain("-m", "claude-opus-4-5"), /^refused +Opus 4 is not for you\.$/m);
  assert.deepEqual(JSON.parse(await explain("-m", "claude-opus-4-5", "--json")), { refused: "Opus 4 is not for you." });
  assert.equal((await runCli(["explain"], { folder })).exitCode, 2);
  assert.equal((await runCli(["explain", "--file", "none.json"], { folder })).exitCode, 1);
});

test("explain says what a name that nobody lists is near to, and what to ask for where it is refused", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  const providers = "providers: { openai: { apiKey: k, models: [gpt-5-mini] } }";
  writeFileSync(file, providers);
  const explain = (model: string): Promise<CliRun> => runCli(["explain", "--model", model], { folder });
  for (const [model, near] of [
    ["gpt-5-mni", "gpt-5-mini"],
    ["opnai/gpt-5-mini", "openai/gpt-5-mini"],
  ] as const) {
    assert.match(
      (await explain(model)).stdout,
      new RegExp(`^reason .*; the nearest name that is listed: ${near}$`, "m"),
    );
  }
  assert.doesNotMatch((await explain("claude-sonnet-5")).stdout, /nearest/);
  writeFileSync(file, `${providers}\nrouting: { unknownModel: reject }\n`);
  const { exitCode, stderr } = await explain("claude-sonnet-5");
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: model: claude-sonnet-5 .*\n {5}ask for a name that `ccr models` lists/);
});

test("explain without any provider says how to get one", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "server: { port: 3456 }\n");
  const { exitCode, stderr } = await runCli(["explain", "--model", "gpt-6-sol"], { folder });
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /^ccr: No target serves the model gpt-6-sol.*\n {5}set a provider's key, or write a file with `ccr init`/,
  );
});

test("explain passes over the targets that cannot do what the request asks for, as the router does", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(
    join(folder, "ccr.yaml"),
    `providers: { openai: { apiKey: k }, anthropic: { apiKey: k } }
aliases: { m: [openai/gpt-4.1, anthropic/claude-haiku-4-5], bound: openai/gpt-4.1 }
`,
  );
  const servers = [{ type: "url", url: "https://mcp.example", name: "tools" }];
  writeFileSync(join(folder, "mcp.json"), JSON.stringify({ mcp_servers: servers }));
  const explain = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCli(["explain", ...args], { folder });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  assert.match(await explain("-m", "m"), /^1 +openai\/gpt-4\.1 /m);
  const told = await explain("-m", "m", "--file", "mcp.json");
  assert.match(told, /^1 +anthropic\/claude-haiku-4-5 /m);
  assert.match(told, /^reason .*; not openai\/gpt-4\.1, which cannot do what the request asks for$/m);
  assert.match(await explain("-m", "bound", "--file", "mcp.json"), /^refused +mcp_servers: /m);
});
