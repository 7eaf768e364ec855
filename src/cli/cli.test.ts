import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mainFile } from "../../test/kit/main-file.ts";
import { runCli } from "../../test/kit/run-cli.ts";
import type { CliRun } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";

const hasEscapes = (text: string): boolean => text.includes("\u001B[");

test("without a command it prints its help, and says what each command is for", async (t) => {
  const { exitCode, stdout } = await runCli([], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 0);
  for (const name of ["start", "stop", "restart", "status", "logs", "demo", "code", "env", "models"]) {
    assert.match(stdout, new RegExp(`^  ${name} `, "m"));
  }
});

test("a wrong command line is one line, a near name, where it is told how it goes, and exit code 2", async (t) => {
  const folder = createTemporaryFolder(t);
  const command = await runCli(["strat"], { folder });
  assert.deepEqual([command.exitCode, command.stdout], [2, ""]);
  assert.match(
    command.stderr,
    /^ccr: unknown command 'strat'\n\(Did you mean start\?\)\n {5}`ccr --help` shows how it goes\n$/,
  );
  const argument = await runCli(["keys", "revoke"], { folder });
  assert.match(
    argument.stderr,
    /^ccr: missing required argument 'id'\n {5}`ccr keys revoke --help` shows how it goes\n$/,
  );
  const option = await runCli(["status", "--jsno"], { folder });
  assert.equal(option.exitCode, 2);
  assert.match(option.stderr, /^ccr: unknown option '--jsno'/);
});

test("with --json a failure is one document too, and said to people beside it", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const [words, exitCode, message] of [
    ["models", 1, "the router does not run"],
    ["explain", 2, "which model is asked for?"],
    ["costs --nope", 2, "unknown option '--nope'"],
    [
      "restart --config nope.yaml",
      1,
      `the configuration cannot be used:\n${join(folder, "nope.yaml")}: the file does not exist`,
    ],
  ] as const) {
    const run = await runCli([...words.split(" "), "--json"], { folder });
    const { error } = JSON.parse(run.stdout) as { error: { message: string } };
    assert.deepEqual([run.exitCode, error.message], [exitCode, message], words);
    assert.ok(run.stderr.startsWith(`ccr: ${message}\n`), run.stderr);
  }
  assert.equal((await runCli(["code", "--json"], { folder, env: { PATH: folder } })).stdout, "");
});

test("a provider behind an investigation that looks at all of them is a wrong command line", async (t) => {
  const run = await runCli(["investigate", "latency", "openai"], { folder: createTemporaryFolder(t) });
  assert.equal(run.exitCode, 2);
  assert.match(
    run.stderr,
    /^ccr: latency is looked at over all providers\n +`ccr investigate provider openai` looks at one\n$/,
  );
});

test("the help of a command is printed however deep it stands; one that does not exist is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.match((await runCli(["help", "keys", "create"], { folder })).stdout, /^Usage: ccr keys create /);
  for (const names of [["nosuch"], ["keys", "nosuch"]]) {
    const { exitCode, stdout, stderr } = await runCli(["help", ...names], { folder });
    assert.deepEqual([exitCode, stdout], [2, ""]);
    assert.match(stderr, /^ccr: unknown command 'nosuch'\n {5}`ccr( keys)? --help` shows how it goes\n$/);
  }
});

test("commands that do something by themselves print the help of their subcommands too", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const [name, sub] of [
    ["alerts", "show"],
    ["costs", "reprice"],
  ] as const) {
    const { exitCode, stdout } = await runCli([name, "help", sub], { folder });
    assert.equal(exitCode, 0);
    assert.ok(stdout.startsWith(`Usage: ccr ${name} ${sub} `), stdout);
  }
});

test("where a file may not be written, the command says what to do about it", async (t) => {
  const { exitCode, stderr } = await runCli(["ops", "build", "-o", "/sys/ccr"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: \/sys\/ccr: .+\n {5}(run it as a user|name another place).+`--output`/);
});

test("a look at the alerts where no router ever ran makes no file", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.equal((await runCli(["alerts"], { folder })).stdout, "no alert fires\n");
  assert.match((await runCli(["alerts", "ack", "HighLatency"], { folder })).stderr, /there is no alert HighLatency/);
  assert.deepEqual(readdirSync(folder), []);
});

test("costs in two forms at once are a wrong command line", async (t) => {
  const { exitCode, stderr } = await runCli(["costs", "--csv", "--json"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 2);
  assert.match(stderr, /^ccr: option '--csv' cannot be used with option '--json'\n/);
});

test("an option of the report that repricing does not follow is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  const days = ["--from=2026-11-01", "--to=2026-11-02"];
  for (const [name, option] of [
    ["csv", "--csv"],
    ["by", "--by=user"],
    ["limit", "-n5"],
  ] as const) {
    const { exitCode, stderr } = await runCli(["costs", option, "reprice", ...days], { folder });
    assert.equal(exitCode, 2);
    assert.match(stderr, new RegExp(`^ccr: --${name} is of no use to reprice\\n`));
  }
});

const ollama = await fetch("http://127.0.0.1:11434/v1/models").catch(() => null);

test("the help fits a terminal of 80 columns", async (t) => {
  const { stdout } = await runCli(["--help"], { folder: createTemporaryFolder(t) });
  const tooWide = stdout.split("\n").filter((line) => line.length > 80);
  assert.deepEqual(tooWide, []);
});

test("a port that is none is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const port of ["abc", "-1", "65536", ""]) {
    const { exitCode, stderr } = await runCli(["start", `--port=${port}`], { folder });
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^ccr: option '-p, --port <port>' argument '.*' is invalid\. It is a number from 0 to 65535\.$/m,
    );
  }
});

test("a state folder that cannot be made is said, with what to do", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  const env = { GROQ_API_KEY: "gsk", CCR_HOME: join(folder, "file/state") };
  for (const more of [[], ["--foreground"]]) {
    const { exitCode, stderr } = await runCli(["start", ...more], { folder, env });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^ccr: the state folder cannot be made: .*\n     set CCR_HOME to /);
  }
});

test("a file that cannot be read or written is named, with the reason in words", async (t) => {
  const folder = createTemporaryFolder(t);
  const { exitCode, stderr } = await runCli(["init", "--yes", "--output", "none/ccr.yaml"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: \/.*none\/ccr\.yaml: there is no such file or folder \(ENOENT\)\n$/);
  const explained = await runCli(["explain", "--file", "."], { folder });
  assert.match(explained.stderr, /cannot be read: it is a folder, not a file \(EISDIR\)$/m);
});

test("start with no file, no key and no Ollama says what to set, names the demo and fails", async (t) => {
  if (ollama !== null) return t.skip("an Ollama runs on this machine");
  const folder = createTemporaryFolder(t);
  for (const more of [[], ["--foreground"]]) {
    const { exitCode, stdout, stderr } = await runCli(["start", ...more], { folder });
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /^ccr: no provider to send calls to/);
    for (const hint of ["ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", ".env", "ccr init", "ccr demo"]) {
      assert.ok(stderr.includes(hint), hint);
    }
    assert.equal(stderr.trimEnd().split("\n").length, 2);
  }
});

test("a stack trace is shown with CCR_DEBUG only", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.doesNotMatch((await runCli(["logs"], { folder })).stderr, /\n\s+at /);
  assert.match((await runCli(["logs"], { folder, env: { CCR_DEBUG: "1" } })).stderr, /\n\s+at /);
});

const aKey = { GROQ_API_KEY: "gsk" };

test("validate-config lists every error with line and near name, and exits with 1", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  writeFileSync(file, "server: { prot: 1 }\nlogging: { level: loud }\n");
  const { exitCode, stdout } = await runCli(["validate-config"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stdout, /ccr\.yaml:1 server\.prot: is no known setting; did you mean `port`\?/);
  assert.match(stdout, /ccr\.yaml:2 logging\.level: must be /);
  assert.match(stdout, /not valid .*: 2 errors/);
  const json = JSON.parse((await runCli(["validate-config", file, "--json"], { folder })).stdout) as {
    valid: boolean;
    problems: { path: string; line: number; nearest: string | null }[];
  };
  assert.equal(json.valid, false);
  assert.deepEqual(
    json.problems.map(({ path, line, nearest }) => [path, line, nearest]),
    [
      ["server.prot", 1, "port"],
      ["logging.level", 2, null],
    ],
  );
  writeFileSync(file, "server: { port: 1 }\n");
  assert.equal((await runCli(["validate-config"], { folder, env: aKey })).exitCode, 0);
});

test("validate-config refuses what start would refuse: no provider, or one without its key", async (t) => {
  const folder = createTemporaryFolder(t);
  const validate = (env = {}): Promise<CliRun> => runCli(["validate-config"], { folder, env });
  const none = await validate();
  assert.equal(none.exitCode, 1);
  assert.match(
    none.stdout,
    /^error no provider to send calls to: no ccr\.yaml.*; set ANTHROPIC_API_KEY, .*\nnot valid /,
  );
  assert.equal((await validate(aKey)).exitCode, 0);
  writeFileSync(join(folder, "ccr.yaml"), "providers: { deepseek: {}, groq: {} }\n");
  const keyless = await validate({ GROQ_API_KEY: "gsk" });
  assert.equal(keyless.exitCode, 1);
  assert.match(keyless.stdout, /ccr\.yaml: providers\.deepseek: no key; set `apiKey`, or DEEPSEEK_API_KEY/);
  assert.match(keyless.stdout, /not valid .*: one error/);
});

test("validate-config warns of an open address without keys, and refuses a keys file that is damaged", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "server: { host: 0.0.0.0 }\nauth: { keysFile: ./keys.json }\n");
  const open = await runCli(["validate-config"], { folder, env: aKey });
  assert.equal(open.exitCode, 0);
  assert.match(open.stdout, /^warning .*no key is configured: make one by `ccr keys create`/);
  writeFileSync(join(folder, "keys.json"), "{}");
  const damaged = await runCli(["validate-config"], { folder, env: aKey });
  assert.equal(damaged.exitCode, 1);
  assert.match(damaged.stdout, /^error .*keys\.json is damaged/);
});

test("validate-config refuses an own routing module that cannot be loaded, with file and reason", async (t) => {
  const folder = createTemporaryFolder(t);
  const module = join(folder, "route.mjs");
  writeFileSync(join(folder, "ccr.yaml"), "routing: { module: ./route.mjs }\n");
  for (const [text, reason] of [
    ['throw new Error("no tenants file");', "cannot be loaded: no tenants file"],
    ['import "./gone.mjs";', "cannot be loaded: Cannot find module "],
    ["export const route = 1;", "has no default export made by defineRoute(...)"],
  ] as const) {
    writeFileSync(module, text);
    const { exitCode, stdout } = await runCli(["validate-config"], { folder, env: aKey });
    assert.equal(exitCode, 1);
    assert.ok(stdout.includes(`ccr.yaml: routing.module: ${module} ${reason}`), stdout);
  }
  writeFileSync(module, "setInterval(() => {}, 1_000); export default () => null;");
  assert.equal((await runCli(["validate-config"], { folder, env: aKey })).exitCode, 0);
});

test("preflight names the configuration's file once, with the lines that are wrong", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  writeFileSync(file, "routing: { module: ./gone.ts }\nserver: { prot: 1 }\n");
  const { exitCode, stdout } = await runCli(["preflight"], { folder });
  assert.equal(exitCode, 2);
  const line = stdout.split("\n").find((one) => one.includes("configuration ")) ?? "";
  assert.equal(line.split(file).length, 2, line);
  assert.match(line, /line 2 server\.prot: is no known setting/);
});

test("pipes get no colours, FORCE_COLOR brings them, and NO_COLOR wins", async (t) => {
  const folder = createTemporaryFolder(t);
  const run = (env: Record<string, string>): Promise<CliRun> => runCli(["validate-config"], { folder, env });
  assert.ok(!hasEscapes((await run({})).stdout));
  assert.ok(hasEscapes((await run({ FORCE_COLOR: "1" })).stdout));
  assert.ok(!hasEscapes((await run({ FORCE_COLOR: "1", NO_COLOR: "1" })).stdout));
});

test("init --yes writes a valid file from the keys of the environment, readable by its owner alone", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { GROQ_API_KEY: "gsk", DEEPSEEK_API_KEY: "sk" };
  const { exitCode, stdout } = await runCli(["init", "--yes"], { folder, env });
  assert.equal(exitCode, 0, stdout);
  const file = join(folder, "ccr.yaml");
  const text = readFileSync(file, "utf8");
  assert.match(text, /groq:\n {4}apiKey: \$\{GROQ_API_KEY\}/);
  assert.ok(!text.includes("gsk") && !text.includes("anthropic:"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await runCli(["validate-config"], { folder, env })).exitCode, 0);
});

test("init leaves a file that exists as it is, and keeps a copy when it is forced", async (t) => {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.yaml");
  writeFileSync(file, "mine");
  const refused = await runCli(["init", "--yes"], { folder });
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /exists already[^]*--force/);
  assert.equal(readFileSync(file, "utf8"), "mine");
  assert.equal((await runCli(["init", "--yes", "--force"], { folder })).exitCode, 0);
  assert.equal(readFileSync(`${file}.bak`, "utf8"), "mine");
});

test("init and import tell commands that take the file they wrote", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { ANTHROPIC_API_KEY: "sk", DEEPSEEK_API_KEY: "x", DASHSCOPE_API_KEY: "x" };
  const source = join(import.meta.dirname, "../config/import/testdata/full.config.json");
  for (const [index, name] of ["ccr.yaml", "it's mine.yaml"].entries()) {
    for (const command of [
      ["init", "--yes"],
      ["import", source, "--force"],
    ]) {
      const { stdout } = await runCli([...command, "--output", name], { folder, env });
      const [, told] = /^next: `ccr (validate-config.*?)`, then `ccr start/m.exec(stdout) ?? [];
      assert.equal(told === "validate-config", index === 0, stdout);
      const args = execFileSync("sh", ["-c", `printf '%s\\n' ${told}`], { encoding: "utf8" });
      const checked = await runCli(args.trimEnd().split("\n"), { folder, env });
      assert.match(checked.stdout, new RegExp(`^valid .*${name}$`, "m"));
    }
  }
});

test("init without a terminal asks nothing and says what to use", async (t) => {
  const { exitCode, stderr } = await runCli(["init"], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 1);
  assert.match(stderr, /ccr init --yes/);
});

test("import writes a valid file from claude-code-router's, and says what it could not take over", async (t) => {
  const folder = createTemporaryFolder(t);
  const source = join(import.meta.dirname, "../config/import/testdata/full.config.json");
  const { exitCode, stdout, stderr } = await runCli(["import", source], { folder });
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /transformer/);
  assert.ok(stdout.includes("ccr.yaml"));
  const env = { DEEPSEEK_API_KEY: "x", DASHSCOPE_API_KEY: "x" };
  const checked = await runCli(["validate-config"], { folder, env });
  assert.equal(checked.exitCode, 0, checked.stdout);
  const missing = await runCli(["import"], { folder });
  assert.equal(missing.exitCode, 1);
  assert.match(
    missing.stderr,
    /\.claude-code-router\/config\.json cannot be read: there is no such file or folder \(ENOENT\)$/m,
  );
});

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

test("a key is printed once, alone on standard output; the list shows everything but the key", async (t) => {
  const folder = createTemporaryFolder(t);
  const made = await runCli(
    ["keys", "create", "--user", "ana", "--models", "claude-*, gpt-5", "--rpm", "60", "--expires", "30d"],
    { folder },
  );
  assert.match(made.stdout, /^ccr_[0-9A-Za-z]{40}\n$/);
  assert.match(made.stderr, /key_[0-9a-f]{8} for ana/);
  const listed = JSON.parse((await runCli(["keys", "list", "--json"], { folder })).stdout) as Record<string, unknown>[];
  assert.equal(listed.length, 1);
  assert.deepEqual(listed[0]?.allowedModels, ["claude-*", "gpt-5"]);
  assert.equal(listed[0]?.state, "active");
  const files = readdirSync(join(folder, "state"), { recursive: true, encoding: "utf8" });
  for (const file of files) assert.ok(!readFileSync(join(folder, "state", file), "utf8").includes(made.stdout.trim()));
  const id = String(listed[0]?.id);
  assert.equal((await runCli(["keys", "revoke", id], { folder })).stdout, `revoked ${id}\n`);
  assert.match((await runCli(["keys", "list"], { folder })).stdout, new RegExp(`^${id} .* revoked `, "m"));
  assert.equal((await runCli(["keys", "revoke", "key_none"], { folder })).exitCode, 1);
});

test("a key without a user, with a limit that is no number, a name that cannot be shown or an end that never comes is a wrong command line", async (t) => {
  const folder = createTemporaryFolder(t);
  for (const args of [
    [],
    ["--user", "a", "--rpm", "many"],
    ["--user", "a", "--expires", "2020-01-01"],
    ["--user", "a", "--expires", "soon"],
    ["--user", "a", "--expires", "99999999999d"],
    ["--user", ""],
    ["--user", "a", "--team", " "],
    ["--user", "two\nlines"],
    ["--user", "a", "--tier", "\u001B[2Jvip"],
    ["--user", "a".repeat(200)],
  ]) {
    assert.equal((await runCli(["keys", "create", ...args], { folder })).exitCode, 2, args.join(" "));
  }
  assert.ok(!existsSync(join(folder, "state/keys.json")));
});

test("a real shell takes what env prints", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "server: { port: 4111 }\n");
  const { stdout } = await runCli(["env", "--shell", "sh"], { folder, env: { CCR_API_KEY: `it's "$HOME"` } });
  const seen = execFileSync("sh", ["-c", `${stdout}\nprintf '%s|%s' "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN"`], {
    encoding: "utf8",
  });
  assert.equal(seen, `http://127.0.0.1:4111|it's "$HOME"`);
});

test("env says that a key is missing where the router has keys", async (t) => {
  const folder = createTemporaryFolder(t);
  const wanted = /wants a key; set CCR_API_KEY/;
  assert.doesNotMatch((await runCli(["env"], { folder })).stderr, wanted);
  const key = (await runCli(["keys", "create", "--user", "ana"], { folder })).stdout.trim();
  assert.match((await runCli(["env"], { folder })).stderr, wanted);
  for (const name of ["CCR_API_KEY", "ANTHROPIC_AUTH_TOKEN"]) {
    assert.doesNotMatch((await runCli(["env"], { folder, env: { [name]: key } })).stderr, wanted);
  }
  assert.match((await runCli(["env"], { folder, env: { ANTHROPIC_API_KEY: "a-provider's" } })).stderr, wanted);
});

test("env speaks fish and PowerShell, and follows the shell of the environment", async (t) => {
  const folder = createTemporaryFolder(t);
  assert.match((await runCli(["env", "--shell", "fish"], { folder })).stdout, /^set -gx ANTHROPIC_BASE_URL '/);
  assert.match((await runCli(["env", "--shell", "powershell"], { folder })).stdout, /^\$env:ANTHROPIC_BASE_URL = '/);
  assert.match((await runCli(["env"], { folder, env: { SHELL: "/usr/bin/fish" } })).stdout, /^set -gx /);
  for (const shell of ["bash", "zsh"]) {
    assert.match((await runCli(["env", "--shell", shell], { folder })).stdout, /^export ANTHROPIC_BASE_URL=/);
  }
  assert.equal((await runCli(["env", "--shell", "csh"], { folder })).exitCode, 2);
});

test("env hides no login of the client's own where a provider passes it through", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "providers: { anthropic: { credentials: passthrough } }\n");
  const variables = JSON.parse((await runCli(["env", "--json"], { folder })).stdout) as Record<string, string>;
  assert.deepEqual(Object.keys(variables), ["ANTHROPIC_BASE_URL"]);
});

test("env keeps a proxy away from the router on this machine", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { HTTPS_PROXY: "http://proxy:1", NO_PROXY: "intern.example" };
  const variables = JSON.parse((await runCli(["env", "--json"], { folder, env })).stdout) as Record<string, string>;
  assert.equal(variables.NO_PROXY, "intern.example,127.0.0.1,localhost");
});

test("a Node that is too old, or runs without WebAssembly, gets one clear line and exit code 2: it is no warning of a check", (t) => {
  const folder = createTemporaryFolder(t);
  const refusalOf = (...flags: readonly string[]): string => {
    const args = [...flags, join(import.meta.dirname, "../../bin/ccr.js"), "version"];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    assert.equal(status, 2);
    return stderr;
  };
  const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.0" } })';
  const refusal = refusalOf("--import", `data:text/javascript,${encodeURIComponent(old)}`);
  assert.match(refusal, /^ccr: needs Node\.js 22\.19 or newer, this is 22\.18\.0; .*\n$/);
  assert.match(refusalOf("--jitless"), /^ccr: needs WebAssembly, .* leave out --jitless .*\n$/m);
});

test("the launcher runs the program", () => {
  const bin = join(import.meta.dirname, "../../bin/ccr.js");
  assert.match(
    execFileSync(process.execPath, [bin, "version"], { encoding: "utf8" }),
    /^ccr \d+\.\d+\.\d+ \(Node\.js /,
  );
});

test("a reader that has seen enough ends the program without a word", (t) => {
  const folder = createTemporaryFolder(t);
  mkdirSync(join(folder, "logs"));
  writeFileSync(join(folder, "logs/router.log"), "a line of the log\n".repeat(50_000));
  const script = `"${process.execPath}" "${mainFile}" logs -n 50000 2>&1 >&3 3>&- | cat`;
  const piped = execFileSync("sh", ["-c", `{ ${script}; } 3>&1 >err | head -n 1; cat err`], {
    cwd: folder,
    env: { ...process.env, CCR_HOME: folder },
    encoding: "utf8",
  });
  assert.equal(piped, "a line of the log\n");
});

test("code without Claude Code says how to install it, and starts nothing", async (t) => {
  const folder = createTemporaryFolder(t);
  const { exitCode, stderr } = await runCli(["code", "hello"], {
    folder,
    env: { PATH: folder, ANTHROPIC_API_KEY: "x" },
  });
  assert.equal(exitCode, 1);
  assert.match(stderr, /npm install -g @anthropic-ai\/claude-code/);
  assert.ok(!existsSync(join(folder, "state")));
});

test("output that cannot be written whole is a failure", { skip: !existsSync("/dev/full") }, () => {
  const { status, stderr } = spawnSync("sh", ["-c", `"${process.execPath}" "${mainFile}" --help > /dev/full`], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /^ccr: the output could not be written: /);
});
