/** The configuration files that `ccr init` and `ccr import` write. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";

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
  const env = { GROQ_API_KEY: "gsk" };
  assert.equal((await runCli(["init", "--yes", "--force"], { folder, env })).exitCode, 0);
  assert.equal(readFileSync(`${file}.bak`, "utf8"), "mine");
});

test("init and import tell commands that take the file they wrote", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { ANTHROPIC_API_KEY: "sk", DEEPSEEK_API_KEY: "x", DASHSCOPE_API_KEY: "x" };
  const source = join(import.meta.dirname, "../../config/import/testdata/full.config.json");
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
  const source = join(import.meta.dirname, "../../config/import/testdata/full.config.json");
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
