/** Money over the life of real processes: crashes, restarts, commands, the status line. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { systemClock } from "../../src/core/time/clock.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { programEnvironment } from "../kit/program-environment.ts";
import { startRouter } from "../kit/router-process.ts";
import { mainFile } from "../kit/main-file.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { runCli } from "../kit/run-cli.ts";
import type { CliRun } from "../kit/run-cli.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, adminKey, clientOf, moneySettings, startProvider } from "./money-router.ts";

const today = new Date().toISOString().slice(0, 10);

interface Records {
  readonly records: readonly { readonly costUsd: number }[];
}

function ccr(router: RouterProcess, ...args: string[]): Promise<CliRun> {
  const env = { CCR_HOME: router.stateFolder, CCR_ADMIN_KEY: adminKey };
  return runCli(args, { folder: router.stateFolder, env });
}

async function statusline(
  stateFolder: string,
  input: object,
  clientsRouter?: string,
): Promise<{ readonly code: number | null; readonly line: string }> {
  const child = spawn(process.execPath, [mainFile, "statusline"], {
    env: {
      ...programEnvironment,
      HOME: stateFolder,
      CCR_HOME: stateFolder,
      ANTHROPIC_API_KEY: adaKey,
      ...(clientsRouter === undefined ? {} : { ANTHROPIC_BASE_URL: clientsRouter }),
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(input));
  const ended = new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { line: await text(child.stdout), code: await ended };
}

test("spending survives kill -9: the restarted router refuses at the cap at once", async (t) => {
  const provider = await startProvider(t);
  // Two calls fit, each about 0.0011 dollars.
  const caps = [{ scope: "user", daily: 0.003 }];
  const configuration = moneySettings(provider, { budgets: { caps } }) as JsonObject;
  const first = await startRouter(t, { configuration });
  const before = clientOf(first.url);
  for (let index = 0; index < 2; index++) await (await before.call()).text();
  await fetch(`${first.url}/livez`); // the event loop has turned: that is all a settled call needs to be kept
  first.signal("SIGKILL");
  await first.exited;
  const second = await startRouter(t, { configuration, stateFolder: first.stateFolder });
  const answer = await clientOf(second.url).call();
  assert.equal(answer.status, 429);
  assert.equal(provider.requests.length, 2);
});

test("ccr costs tells who spent what, as tables, JSON and CSV; ccr costs reprice corrects history once", async (t) => {
  const provider = await startProvider(t);
  const configuration = moneySettings(provider) as JsonObject;
  const router = await startRouter(t, { configuration });
  const client = clientOf(router.url);
  const nothing = await ccr(router, "costs");
  assert.match(nothing.stdout, /^no calls yet in this period, .* UTC\n$/);
  assert.equal((await ccr(router, "costs", "--by", "user")).stdout, "no calls yet in this period\n");
  await (await client.call()).text();
  await waitUntil(
    "it is written",
    async () => (await client.askJson<Records>("/api/costs/records")).records.length === 1,
  );
  const report = await ccr(router, "costs");
  assert.equal(report.exitCode, 0, report.stderr);
  assert.match(report.stdout, /for 1 call, .* UTC$/m);
  for (const by of ["user", "team", "model", "provider", "session", "day"]) {
    const table = await ccr(router, "costs", "--by", by, "--from", today);
    assert.match(table.stdout, new RegExp(`^${by} .*calls.*cost`), table.stderr);
  }
  const csv = await ccr(router, "costs", "--by", "team", "--csv");
  assert.match(csv.stdout, /^name,calls,.*\ncompilers,1,/);
  const json = JSON.parse((await ccr(router, "costs", "--by", "user", "--json")).stdout) as {
    lines: { name: string }[];
  };
  assert.deepEqual(
    json.lines.map(({ name }) => name),
    ["ada"],
  );
  assert.equal((await ccr(router, "costs", "--by", "colour")).exitCode, 2);
  const yesterday = await ccr(router, "costs", "--from", "yesterday");
  assert.deepEqual([yesterday.exitCode, yesterday.stderr.startsWith("ccr: --from: a time as")], [2, true]);

  // Twice the price from now on: history follows where it is asked to.
  const prices = { overrides: [{ model: "*", inputUsdPerMillion: 4, outputUsdPerMillion: 20 }] };
  router.writeConfiguration({ ...configuration, prices });
  router.signal("SIGHUP");
  const reprice = (...more: string[]): Promise<CliRun> =>
    ccr(router, "costs", "reprice", "--from", today, "--to", today, ...more);
  const dry = await waitUntil("the new prices hold", async () => {
    const run = await reprice();
    return /1 of them change/.test(run.stdout) && run;
  });
  assert.match(dry.stdout, /nothing is written/);
  const before = (await client.askJson<Records>("/api/costs/records")).records[0]!.costUsd;
  assert.match((await reprice("--write")).stdout, /corrections written: 1$/m);
  const after = (await client.askJson<Records>("/api/costs/records")).records[0]!.costUsd;
  assert.ok(Math.abs(after - 2 * before) < 1e-9, `${before} to ${after}`);
  assert.match((await reprice("--write")).stdout, /0 of them change/);
});

test("with hundreds of users tables say where they end, and CSV and JSON are whole", async (t) => {
  const stateFolder = createTemporaryFolder(t);
  const ledger = createSqliteLedger({
    path: join(stateFolder, "ledger.sqlite"),
    clock: systemClock,
    logger: silentLogger,
  });
  for (let user = 0; user < 600; user++) {
    ledger.append(createTestRecord({ id: `req_${user}`, user: `user-${user}`, startedAtMs: Date.now() }));
  }
  await ledger.close();
  const router = await startRouter(t, {
    configuration: moneySettings(await startProvider(t)) as JsonObject,
    stateFolder,
  });
  const users = async (...args: string[]): Promise<readonly [number, boolean]> => {
    const { stdout, stderr } = await ccr(router, "costs", ...args);
    return [stdout.match(/user-\d+/g)?.length ?? 0, stderr.startsWith("by user: only the first ")];
  };
  assert.deepEqual(await users(), [10, true]);
  assert.deepEqual(await users("--limit", "12"), [12, true]);
  assert.deepEqual(await users("--by", "user"), [50, true]);
  assert.deepEqual(await users("--by", "user", "--limit", "600"), [600, false]);
  for (const format of ["--csv", "--json"]) assert.deepEqual(await users("--by", "user", format), [600, false]);
  assert.equal((await ccr(router, "costs", "--limit", "0")).exitCode, 2);
  const csv = await (await clientOf(router.url).ask("/api/costs/summary?by=user&format=csv")).text();
  assert.equal(csv.match(/user-\d+/g)?.length, 600);
});

test("ccr statusline prints the session's line, before its first call what is spent, and nothing where there is nothing to say", async (t) => {
  const provider = await startProvider(t);
  const caps = [{ scope: "user", daily: 5 }];
  const router = await startRouter(t, { configuration: moneySettings(provider, { budgets: { caps } }) as JsonObject });
  const client = clientOf(router.url);
  const input = { session_id: "session-1", model: { id: "claude-sonnet-4-5" } };
  for (const elsewhere of [undefined, "https://api.anthropic.com", "http://127.0.0.1:1", "none"]) {
    assert.deepEqual(await statusline(router.stateFolder, input, elsewhere), { code: 0, line: "" });
  }
  for (const name of ["127.0.0.1", "localhost"]) {
    const { line } = await statusline(router.stateFolder, input, `http://${name}:${router.port}/`);
    assert.equal(line, "ccr: no call yet | $0.00 of $5.00 today\n");
  }
  await (await client.call({}, { "x-claude-code-session-id": "session-1" })).text();
  const { line } = await waitUntil("the session is known", async () => {
    const run = await statusline(router.stateFolder, input);
    return run.line !== "" && run;
  });
  assert.match(line, /^\$0\.00\d\d session \| \$0\.00\d\d of \$5\.00 today \| sim\/claude-sonnet-4-5 \| cache 0 %\n$/);
  assert.deepEqual(await statusline(createTemporaryFolder(t), input), { code: 0, line: "" });
});

test("ccr statusline spells out what a model's name does to a terminal", async (t) => {
  const router = await startRouter(t, { configuration: moneySettings(await startProvider(t)) as JsonObject });
  const model = "claude-haiku-4-5-2\u001B[2J\n0";
  const { call } = clientOf(router.url);
  await (await call({ model: `sim/${model}` }, { "x-claude-code-session-id": "session-1" })).text();
  const { line } = await waitUntil("the session is known", async () => {
    const run = await statusline(router.stateFolder, { session_id: "session-1" });
    return run.line !== "" && run;
  });
  assert.match(line, /\| sim\/claude-haiku-4-5-2\\u001b\[2J\\n0 \| cache 0 %\n$/);
});
