/** The answer cache in the hands of its operators: the API and `ccr cache`. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { once } from "node:events";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { startRouter } from "../kit/router-process.ts";
import { runCli } from "../kit/run-cli.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { question, startCacheRouter } from "./cache-router.ts";
import type { CacheRouter } from "./cache-router.ts";

async function clear(router: CacheRouter, body: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${router.url}/api/cache/clear`, { method: "POST", body });
  return { status: answer.status, text: await answer.text() };
}

test("answers are cleared all at once, by model and by user; what is misspelt clears nothing", async (t) => {
  const router = await startCacheRouter(t);
  const fill = async (): Promise<void> => {
    for (const provider of ["anthropic-messages", "openai-chat"] as const) {
      assert.equal((await router.ask("openai-chat", question("openai-chat", provider, false))).status, 200);
    }
    assert.equal((await router.stats()).l1.entries, 2);
  };
  await fill();
  for (const body of ['{"modle":"x"}', "[]", '{"user":7}', '{"user":""}', "x"]) {
    assert.equal((await clear(router, body)).status, 400, body);
  }
  assert.equal((await router.stats()).l1.entries, 2);
  assert.deepEqual(JSON.parse((await clear(router, '{"model":"acme/gpt-4.1-mini"}')).text), { cleared: 1 });
  assert.deepEqual(JSON.parse((await clear(router, '{"user":"local"}')).text), { cleared: 1 });
  await fill();
  assert.deepEqual(JSON.parse((await clear(router, "")).text), { cleared: 2 });
  const stats = await router.stats();
  assert.deepEqual([stats.l1.entries, stats.l1.bytes, stats.l2], [0, 0, null]);
});

test("a name that neither the configuration nor a call knows is refused with those near to it; without answers it is fine", async (t) => {
  const router = await startCacheRouter(t);
  assert.equal((await router.ask("openai-chat", question("openai-chat", "openai-chat", false))).status, 200);
  await waitUntil("the call is recorded", async () => {
    const answer = await fetch(`${router.url}/api/costs/records`);
    return ((await answer.json()) as { records: unknown[] }).records.length === 1;
  });
  const refusal = async (body: object): Promise<string> => {
    const { status, text } = await clear(router, JSON.stringify(body));
    assert.equal(status, 400, text);
    return text;
  };
  assert.match(await refusal({ user: "locale" }), /"user: locale is unknown to .*; did you mean local\?"/);
  assert.match(await refusal({ model: "acme/gpt-4.1-mimi" }), /did you mean acme\/gpt-4\.1-mini/);
  assert.match(await refusal({ model: "gpt-4.1-mini", user: "zzzzzzzzzz" }), /all calls so far"/);
  for (const cleared of [1, 0]) {
    const { text } = await clear(router, '{"model":"gpt-4.1-mini","user":"local"}');
    assert.deepEqual(JSON.parse(text), { cleared });
  }
});

test("an answer on its way while the cache is cleared is not kept", async (t) => {
  const router = await startCacheRouter(t);
  router.providers["openai-chat"].behave({ tokensPerSecond: 100, answerTokens: 30 });
  const asked = question("openai-chat", "openai-chat", true);
  const stream = await router.open("openai-chat", asked);
  await clear(router, "");
  assert.equal(await stream.ended, "whole");
  assert.equal((await router.ask("openai-chat", asked)).cache, "miss");
});

test("operators alone may look at it and clear it", async (t) => {
  const keys = [{ hash: hash("sha256", "mine", "hex"), user: "ana" }];
  const adminKeyHash = hash("sha256", "admin", "hex");
  const router = await startCacheRouter(t, { auth: { keys, adminKeyHash } });
  const statusOf = async (path: string, key: string, method: string): Promise<number> =>
    (await fetch(router.url + path, { method, headers: { "x-api-key": key } })).status;
  assert.equal(await statusOf("/api/cache/stats", "mine", "GET"), 401);
  assert.equal(await statusOf("/api/cache/clear", "mine", "POST"), 401);
  assert.equal(await statusOf("/api/cache/stats", "admin", "GET"), 200);
  assert.equal(await statusOf("/api/cache/clear", "admin", "POST"), 200);
});

test("a reload turns it off and on, and changes its bound; what is kept stays as far as it fits", async (t) => {
  const provider = await createSimulatedProvider({ kind: "openai", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const settings = (cache: object) => ({
    providers: { acme: { kind: "openai", baseUrl: provider.baseUrl, apiKey: "b" } },
    cache: { ...cache },
  });
  const router = await startRouter(t, { configuration: settings({ enabled: true }) });
  const ask = async (): Promise<string | null> => {
    const body = JSON.stringify(question("openai-chat", "openai-chat", false));
    const answer = await fetch(`${router.url}/v1/chat/completions`, { method: "POST", body });
    await answer.text();
    return answer.headers.get("x-ccr-cache");
  };
  const reload = async (cache: object): Promise<void> => {
    router.writeConfiguration(settings(cache));
    assert.equal((await fetch(`${router.url}/api/reload`, { method: "POST" })).status, 200);
  };
  assert.deepEqual([await ask(), await ask()], ["miss", "hit"]);
  await reload({ enabled: false });
  assert.equal(await ask(), null);
  await reload({ enabled: true });
  assert.equal(await ask(), "hit");
  await reload({ enabled: true, l1: { maxBytes: 1024 } });
  assert.deepEqual([await ask(), await ask()], ["miss", "miss"]);
});

/** Two workers whose memories hold three answers. */
async function startWorkers(t: CleansUp) {
  const provider = await createSimulatedProvider({ kind: "openai", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const configuration = {
    server: { workers: 2 },
    providers: { acme: { kind: "openai", baseUrl: provider.baseUrl, apiKey: "b" } },
    cache: { enabled: true },
  };
  const temporary = createTemporaryFolder(t);
  const router = await startRouter(t, { configuration, deadlineMs: 60_000, env: { TMPDIR: temporary } });
  for (const text of ["One", "Two", "Three"]) {
    const body = JSON.stringify(question("openai-chat", "openai-chat", false, text));
    await (await fetch(`${router.url}/v1/chat/completions`, { method: "POST", body })).text();
  }
  return { router, temporary };
}

test("with workers, a clearing tells how many answers of their memories are gone, and they are", async (t) => {
  const { router } = await startWorkers(t);
  const clearThem = async (): Promise<unknown> =>
    (await fetch(`${router.url}/api/cache/clear`, { method: "POST" })).json();
  assert.deepEqual([await clearThem(), await clearThem()], [{ cleared: 3 }, { cleared: 0 }]);
});

test("a clearing waits for workers that are held up for a moment", async (t) => {
  const { router, temporary } = await startWorkers(t);
  const { workers } = (await (await fetch(`${router.url}/livez`)).json()) as { workers: number[] };
  const tell = (signal: NodeJS.Signals): void => workers.forEach((pid) => process.kill(pid, signal));
  const [socketPath] = globSync(join(temporary, "ccr-*/parent.sock"));
  tell("SIGSTOP");
  try {
    const asked = request({ socketPath, method: "POST", path: "/api/cache/clear", headers: { host: "localhost" } });
    const answered = once(asked, "response") as Promise<[IncomingMessage]>;
    const startedMs = performance.now();
    asked.end();
    await waitUntil("a busy machine's pause is over", () => performance.now() - startedMs > 2_000);
    tell("SIGCONT");
    assert.deepEqual(await json((await answered)[0]), { cleared: 3 });
  } finally {
    tell("SIGCONT");
  }
});

test("ccr cache tells what it serves and clears it", async (t) => {
  const provider = await createSimulatedProvider({ kind: "openai", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const folder = createTemporaryFolder(t);
  mkdirSync(join(folder, "state"), { recursive: true });
  const configuration = {
    server: { port: 0 },
    providers: { acme: { kind: "openai", baseUrl: provider.baseUrl, apiKey: "b" } },
    cache: { enabled: true },
  };
  writeFileSync(join(folder, "ccr.yaml"), JSON.stringify(configuration));
  const ccr = (...args: string[]) => runCli(args, { folder });
  try {
    await lookAndClear(ccr);
  } finally {
    await ccr("stop");
  }
});

test("ccr cache, costs and models ask the router that --url or CCR_URL names, and say what is none", async (t) => {
  const router = await startLocalRouter(t, {
    providers: { acme: { kind: "openai", baseUrl: "http://127.0.0.1:9", apiKey: "b", models: ["m"] } },
  });
  const site = createServer((_, response) => response.end("<!doctype html>")).listen(0, "127.0.0.1");
  t.after(() => site.close());
  await once(site, "listening");
  const siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const folder = createTemporaryFolder(t);
  for (const command of [
    "models",
    "costs",
    "cache stats",
    "cache clear",
    "costs reprice --from 2026-01-01 --to 2026-01-02",
  ]) {
    const words = command.split(" ");
    const [named, byVariable, none, foreign] = await Promise.all([
      runCli([...words, "--url", router.url], { folder }),
      runCli(words, { folder, env: { CCR_URL: router.url } }),
      runCli(words, { folder }),
      runCli([...words, "--url", siteUrl], { folder }),
    ]);
    assert.equal(named.exitCode, 0, named.stderr);
    assert.equal(byVariable.stdout, named.stdout);
    assert.match(none.stderr, /^ccr: the router does not run\n/, command);
    assert.match(foreign.stderr, /^ccr: what answers there is no router: it says no JSON\n/, command);
  }
});

async function lookAndClear(ccr: (...args: string[]) => ReturnType<typeof runCli>): Promise<void> {
  const started = await ccr("start", "--json");
  assert.equal(started.exitCode, 0, started.stderr);
  const { url } = JSON.parse(started.stdout) as { url: string };
  for (const _ of [1, 2]) {
    const body = JSON.stringify(question("openai-chat", "openai-chat", false));
    await (await fetch(`${url}/v1/chat/completions`, { method: "POST", body })).text();
  }
  const told = await ccr("cache", "stats");
  assert.equal(told.exitCode, 0, told.stderr);
  assert.match(told.stdout, /scope user, 50\.0 % of look-ups served/);
  assert.match(told.stdout, /memory +1 +1 +1 /);
  assert.match(told.stdout, /saved \$0\.0.*joined another one: 0/);
  const { l1 } = JSON.parse((await ccr("cache", "stats", "--json")).stdout) as { l1: { entries: number } };
  assert.equal(l1.entries, 1);
  const unknown = await ccr("cache", "clear", "--model", "acme/gpt-4.1-mimi", "--json");
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /^ccr: --model: acme\/gpt-4\.1-mimi is unknown to .*; did you mean acme\/gpt-4\.1-mini/);
  assert.match((JSON.parse(unknown.stdout) as { error: { message: string } }).error.message, /^--model: .* is unknown/);
  assert.match((await ccr("cache", "clear", "--user", "local")).stdout, /^answers dropped: 1/);
}
