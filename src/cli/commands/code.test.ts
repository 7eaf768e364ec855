/** `ccr code` runs claude through the router. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { runCli, spawnCli } from "../../../test/kit/run-cli.ts";
import type { CliRun } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { place, startJson } from "../test-place.ts";

/** A place whose configuration is its user's, in the state folder. */
function placeOfUser(t: TestContext): ReturnType<typeof place> {
  const here = place(t);
  mkdirSync(join(here.folder, "state"), { mode: 0o700 });
  renameSync(join(here.folder, "ccr.yaml"), join(here.folder, "state/ccr.yaml"));
  return here;
}

test("code runs claude through the router with its arguments and exit code, and leaves the router running", async (t) => {
  const here = placeOfUser(t);
  const bin = join(here.folder, "bin");
  mkdirSync(bin);
  const script = join(bin, "claude");
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN" "$@"\nexit 7\n`);
  chmodSync(script, 0o755);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const run = await runCli(["code", "-p", "two words", "--help", "--model=x", "--", "rest"], {
    folder: here.folder,
    env,
  });
  assert.equal(run.exitCode, 7, run.stderr);
  const [url, token, ...args] = run.stdout.trimEnd().split("\n");
  assert.deepEqual(args, ["-p", "two words", "--help", "--model=x", "--", "rest"]);
  assert.equal(token, "ccr-on-this-machine");
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  assert.match(run.stderr, /started the router/);
  const again = await runCli(["code"], { folder: here.folder, env: { ...env, CCR_API_KEY: "mine" } });
  assert.equal(again.stdout, `${url}\nmine\n`);
  assert.equal(again.stderr, "");
});

test("code says that a key is missing or wrong where the router has keys, and runs claude all the same", async (t) => {
  const here = place(t);
  const key = (await here.run("keys", "create", "--user", "ana")).stdout.trim();
  await startJson(here);
  const bin = createTemporaryFolder(t);
  writeFileSync(join(bin, "claude"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  const code = (variables: Readonly<Record<string, string>>): Promise<CliRun> =>
    runCli(["code"], { folder: here.folder, env: { ...variables, PATH: `${bin}:/usr/bin:/bin` } });
  for (const [variables, words] of [
    [{}, /^ccr: the router wants a key; set CCR_API_KEY to yours .*\n$/],
    [{ CCR_API_KEY: "ccr_wrong" }, /^ccr: the router does not take the key in CCR_API_KEY: .*\n$/],
    [{ ANTHROPIC_API_KEY: "a-provider's" }, /^ccr: the router wants a key/],
    [{ CCR_API_KEY: key }, /^$/],
    [{ ANTHROPIC_AUTH_TOKEN: key }, /^$/],
  ] as const) {
    const { exitCode, stdout, stderr } = await code(variables);
    assert.deepEqual([exitCode, stdout], [0, "ran\n"]);
    assert.match(stderr, words);
  }
});

test("the router that code starts takes no ccr.yaml and no .env of the folder that it is called in", async (t) => {
  const here = placeOfUser(t);
  const foreign = createTemporaryFolder(t);
  writeFileSync(join(foreign, "ccr.yaml"), "routing: { module: ./theirs.js }\n");
  writeFileSync(join(foreign, ".env"), "CCR_CONFIG=ccr.yaml\n");
  const bin = createTemporaryFolder(t);
  writeFileSync(join(bin, "claude"), "#!/bin/sh\npwd\n", { mode: 0o755 });
  const env = { PATH: `${bin}:/usr/bin:/bin`, CCR_HOME: join(here.folder, "state") };
  const { exitCode, stdout, stderr } = await runCli(["code"], { folder: foreign, env });
  assert.deepEqual([exitCode, stdout], [0, `${foreign}\n`], stderr);
  assert.match(stderr, /^ccr: without .*ccr\.yaml, which may be somebody else's; `ccr restart` here takes it$/m);
});

test("a terminal's hang-up or kill of `ccr code` reaches claude", async (t) => {
  const here = placeOfUser(t);
  const bin = join(here.folder, "bin");
  mkdirSync(bin);
  const script = join(bin, "claude");
  writeFileSync(
    script,
    `#!/bin/sh\ntrap 'echo told; exit 5' TERM\necho ready\nfor i in $(seq 400); do sleep 0.05; done\n`,
  );
  chmodSync(script, 0o755);
  const child = spawnCli(["code"], { folder: here.folder, env: { PATH: `${bin}:/usr/bin:/bin` } });
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await waitUntil("claude is ready", () => seen.includes("ready"));
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.deepEqual([code, seen], [5, "ready\ntold\n"]);
});
