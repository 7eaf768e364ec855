/** The demo answers, and leaves nothing behind however it ends. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli, spawnCli } from "../../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { takenPort } from "../../../test/kit/taken-port.ts";

test("the demo answers with simulated providers, goes on when one is broken as it tells and after a heap snapshot, and Ctrl-C ends it all", async (t) => {
  const folder = createTemporaryFolder(t);
  const child = spawnCli(["demo", "--port", "0"], {
    folder,
    env: { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1" },
  });
  t.after(() => void child.kill("SIGKILL"));
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  let notes = "";
  child.stderr?.on("data", (chunk: Buffer) => (notes += chunk.toString()));
  await waitUntil("the demo runs", () => seen.includes("Ctrl-C"));
  const words = seen.split("\n").filter((line) => !line.startsWith("  "));
  for (const line of words) assert.ok(line.length <= 80, `wider than a terminal: ${line}`);
  const url = /^router +(\S+)$/m.exec(seen)?.[1] ?? "";
  const body = { model: "claude-sonnet-5", max_tokens: 20, messages: [{ role: "user", content: "Hello" }] };
  const servedBy = async (): Promise<string | null> => {
    const answer = await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "ccr-demo-you", "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.text());
    return answer.headers.get("x-ccr-provider");
  };
  assert.equal(await servedBy(), "anthropic");
  // What it tells a visitor to try.
  const [, behaviour = "", fault = ""] = /curl -s (\S+) -d '(\S+)'/.exec(seen) ?? [];
  await fetch(behaviour, { method: "POST", body: fault });
  assert.equal(await servedBy(), "openai");
  child.kill("SIGUSR2");
  await waitUntil("a heap snapshot is written", () => /^heap snapshot: .+\.heapsnapshot$/m.test(notes));
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.match(seen, /\d+ calls: \d+ answered whole/);
  assert.ok(!existsSync(join(folder, "state")));
});

test("the demo ends with its terminal, and leaves nothing behind", async (t) => {
  const folder = createTemporaryFolder(t);
  const child = spawnCli(["demo", "--port", "0", "--no-traffic"], { folder, env: { TMPDIR: folder } });
  t.after(() => void child.kill("SIGKILL"));
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await waitUntil("the demo runs", () => seen.includes("Ctrl-C"));
  const states = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith("ccr-demo-"));
  assert.equal(states().length, 1);
  child.stdout?.destroy();
  child.kill("SIGHUP");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(states(), []);
});

test("the demo leaves nothing behind where nobody reads what it tells", async (t) => {
  const folder = createTemporaryFolder(t);
  const child = spawnCli(["demo", "--port", "0", "--no-traffic"], { folder, env: { TMPDIR: folder } });
  t.after(() => void child.kill("SIGKILL"));
  child.stdout?.destroy();
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("ccr-demo-")),
    [],
  );
});

test("the demo says when its port is taken, and what to do", async (t) => {
  const port = await takenPort(t);
  const { exitCode, stderr } = await runCli(["demo", "--port", String(port)], { folder: createTemporaryFolder(t) });
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`^ccr: port ${port} is taken by another program\\n\\s+.*--port`));
});
