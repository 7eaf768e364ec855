/** What a start says that finds another router, a taken port or a file it cannot use. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { place, startJson } from "../test-place.ts";
import { takenPort } from "../../../test/kit/taken-port.ts";

test("a second start says that one runs, and starts none", async (t) => {
  const here = place(t);
  const first = await startJson(here);
  const second = await here.run("start");
  assert.equal(second.exitCode, 0);
  assert.match(second.stdout, new RegExp(`already running on ${first.url} \\(pid ${first.pid}\\)`));
  assert.match((await here.run("start", "--foreground")).stdout, /already running/);
});

test("a start that names another configuration or address than the running router's fails, and leaves that alone", async (t) => {
  const here = place(t);
  const { url, pid } = await startJson(here);
  writeFileSync(join(here.folder, "other.yaml"), readFileSync(join(here.folder, "ccr.yaml")));
  for (const options of [
    ["-c", "other.yaml"],
    ["-p", "1"],
    ["--foreground", "-c", "other.yaml"],
  ]) {
    const { exitCode, stderr } = await here.run("start", ...options);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`another router runs already: ${url} \\(pid ${pid}, .*ccr\\.yaml\\)`));
  }
  assert.equal((await here.run("start", "-c", "ccr.yaml", "-p", new URL(url).port)).exitCode, 0);
});

test("of two starts at once one wins, and both tell of the same router", async (t) => {
  const here = place(t);
  const runs = await Promise.all([startJson(here), startJson(here), startJson(here)]);
  assert.equal(runs.filter(({ started }) => started).length, 1);
  assert.equal(new Set(runs.map(({ pid }) => pid)).size, 1);
});

test("a port that another program has is said, with what to do", async (t) => {
  const port = await takenPort(t);
  const here = place(t, port);
  const { exitCode, stderr } = await here.run("start");
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`^ccr: port ${port} is taken by another program\\n\\s+.*--port`));
  assert.ok(!existsSync(here.stateFile));
  assert.equal((await startJson(here, "--port", "0")).started, true);
});

test("a port that another router has is said with its pid", async (t) => {
  const first = await startJson(place(t));
  const { stderr } = await place(t, first.port).run("start");
  assert.match(
    stderr,
    new RegExp(`taken by another Claude Code Router \\(pid ${first.pid}, version ${first.version}\\)`),
  );
});

test("what the background process cannot start with is told in front", async (t) => {
  const here = place(t);
  writeFileSync(join(here.folder, "ccr.yaml"), "server: { port: 0 }\nproviders: { openai: {} }\n");
  const { exitCode, stderr } = await here.run("start");
  assert.equal(exitCode, 1);
  assert.match(stderr, /providers\.openai: no key; set `apiKey`, or OPENAI_API_KEY/);
  assert.ok(!readFileSync(join(here.folder, "state/logs/router.log"), "utf8").includes("    at "));
});
