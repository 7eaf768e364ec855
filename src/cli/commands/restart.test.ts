/** What a restart keeps, and what leaves the old router running. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Instance } from "../instance/find-instance.ts";
import { processIdentity } from "../../core/process-identity.ts";
import { place, startJson } from "../test-place.ts";
import { takenPort } from "../../../test/kit/taken-port.ts";

test("a restart keeps what the command line said of host and port, unless it says something else", async (t) => {
  const here = place(t);
  assert.equal((await startJson(here, "--host", "localhost")).host, "localhost");
  assert.equal((JSON.parse((await here.run("restart", "--json")).stdout) as Instance).host, "localhost");
  const moved = await here.run("restart", "--host", "127.0.0.1", "--json");
  assert.equal((JSON.parse(moved.stdout) as Instance).host, "127.0.0.1");
});

test("restart with a bad file says what is wrong, and leaves the old router running", async (t) => {
  const here = place(t);
  const { url, pid } = await startJson(here);
  writeFileSync(join(here.folder, "ccr.yaml"), "server: { prot: 1 }\n");
  const { exitCode, stderr } = await here.run("restart");
  assert.equal(exitCode, 1);
  assert.match(stderr, /server\.prot: is no known setting; did you mean `port`\?/);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  assert.ok(processIdentity(pid) !== null);
});

test("what a start would trip over leaves the old router running", async (t) => {
  const here = place(t);
  const { url } = await startJson(here);
  const taken = await takenPort(t);
  const providers = "providers: { openai: { apiKey: k, models: [some-model] } }";
  for (const [settings, words] of [
    ["server: { port: 0, host: 0.0.0.0 }", /no key is configured/],
    [`server: { port: ${taken} }`, /is taken by another program/],
    [
      `server: { port: 0, host: 203.0.113.1 }\nauth: { keys: [{ hash: ${"a".repeat(64)}, user: ana }] }`,
      /this machine has no address/,
    ],
    ["server: { port: 0 }\nledger: { sqlitePath: . }", /ledger\.sqlitePath: .* is a folder/],
    [
      "server: { port: 0 }\nredis: { url: 'rediss://r', caFile: gone.pem }",
      /redis\.caFile: the file .* does not exist/,
    ],
  ] as const) {
    writeFileSync(join(here.folder, "ccr.yaml"), `${settings}\n${providers}\n`);
    const { exitCode, stderr } = await here.run("restart");
    assert.equal(exitCode, 1);
    assert.match(stderr, words);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
  }
});

test("restart ends the old process and serves with the new file", async (t) => {
  const here = place(t);
  const { pid } = await startJson(here);
  writeFileSync(
    join(here.folder, "ccr.yaml"),
    "server: { port: 0 }\nproviders: { openai: { apiKey: k, models: [other-model] } }\n",
  );
  assert.equal((await here.run("restart")).exitCode, 0);
  assert.equal(processIdentity(pid), null);
  assert.match((await here.run("models")).stdout, /other-model/);
});
