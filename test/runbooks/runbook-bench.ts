/**
 * Runs the commands of runbooks as the person would who is woken: a shell in the router's folder, `ccr` on its PATH,
 * and the variables that docs/runbooks/README.md names. The router is the real program, in the background.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { systemClock } from "../../src/core/time/clock.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { commandsOf, readRunbook } from "./read-runbook.ts";

const mainFile = join(import.meta.dirname, "../../src/cli/main.ts");
export const adminKey = "ccr-admin-key";
export const model = "claude-sonnet-5";

export interface ShellRun {
  readonly command: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BenchOptions {
  /** Settings besides the provider, the port and the operators' key. */
  readonly settings?: JsonObject;
  /** Records of calls that were before, written before the router starts. */
  readonly history?: readonly CallRecord[];
  readonly variables?: Readonly<Record<string, string>>;
  /** The state folder, where it is not to be a folder of the test's own. */
  readonly stateFolder?: string;
  /** False: the router is not started. */
  readonly isStarted?: boolean;
}

type RanCommands = Map<string, Promise<ShellRun>>;

export interface RunbookBench {
  readonly url: string;
  readonly folder: string;
  readonly stateFolder: string;
  readonly provider: SimulatedProvider;
  readonly configuration: JsonObject;
  configure(settings: JsonObject): void;
  shell(command: string): Promise<ShellRun>;
  call(): Promise<Response>;
  /** Calls one after the other; answers their statuses. */
  calls(count: number): Promise<readonly number[]>;
  metrics(): Promise<string>;
  /**
   * Runs what the runbook says under a section; each command must work. Answers all that they printed. `ran`: what ran
   * while the same trouble was there, which is not run again.
   */
  follow(alert: string, section: "Diagnosis" | "Mitigation", ran?: RanCommands): Promise<string>;
}

export async function startBench(t: CleansUp, options: BenchOptions = {}): Promise<RunbookBench> {
  const folder = mkdtempSync(join(tmpdir(), "ccr-runbook-"));
  const stateFolder = options.stateFolder ?? join(folder, "state");
  mkdirSync(stateFolder, { recursive: true });
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { answerTokens: 20 } });
  t.after(() => provider.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration: JsonObject = {
    providers: { sim: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "secret" } },
    auth: { adminKeyHash: hash("sha256", adminKey, "hex") },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ledger: { sqlitePath: join(stateFolder, "ledger.sqlite") },
    logging: { file: join(stateFolder, "logs/error.log") },
    ...options.settings,
    server: { port },
  };
  const configure = (settings: JsonObject): void =>
    writeFileSync(join(folder, "ccr.yaml"), JSON.stringify(settings, null, 2));
  configure(configuration);
  await writeHistory(join(stateFolder, "ledger.sqlite"), options.history ?? []);
  const shell = createShell(folder, {
    CCR_HOME: stateFolder,
    CCR_URL: url,
    CCR_ADMIN_KEY: adminKey,
    PROVIDER: "sim",
    MODEL: model,
    OPS_FOLDER: join(folder, "ops"),
    ...options.variables,
  });
  // In this order: without its folder nobody would find the router to stop.
  t.after(async () => {
    await shell("ccr stop");
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  if (options.isStarted !== false) {
    const { code, stderr } = await shell("ccr start");
    assert.equal(code, 0, stderr);
  }
  const call = (): Promise<Response> =>
    fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: "user", content: "Hi" }] }),
      signal: AbortSignal.timeout(30_000),
    });
  return {
    url,
    folder,
    stateFolder,
    provider,
    configuration,
    configure,
    shell,
    call,
    async calls(count) {
      const statuses: number[] = [];
      for (let index = 0; index < count; index++) {
        const answer = await call();
        await answer.text();
        statuses.push(answer.status);
      }
      return statuses;
    },
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    follow: (alert, section, ran = new Map()) => follow(alert, section, shell, ran),
  };
}

function createShell(
  folder: string,
  variables: Readonly<Record<string, string>>,
): (command: string) => Promise<ShellRun> {
  const tools = join(folder, "tools");
  mkdirSync(tools);
  writeFileSync(join(tools, "ccr"), `#!/bin/sh\nexec "${process.execPath}" "${mainFile}" "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${tools}:${process.env["PATH"] ?? ""}`, HOME: folder, NO_COLOR: "1", ...variables };
  return (command) =>
    new Promise((resolve) => {
      execFile(
        "/bin/bash",
        ["--norc", "-u", "-c", command],
        { env, cwd: folder, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) =>
          resolve({ command, code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
}

/** Playbooks end with 0, 1 or 2 by what they find; these end with 1 where something is wrong. */
const judging = /^ccr (doctor|investigate|preflight|providers check)\b/;
const telling = /^ccr (status|validate-config)\b/;

/** What is found out is found out side by side, each command once for all runbooks; what mends goes in its order. */
async function follow(
  alert: string,
  section: "Diagnosis" | "Mitigation",
  shell: RunbookBench["shell"],
  ran: RanCommands,
): Promise<string> {
  const commands = commandsOf(readRunbook(alert), section);
  const runs: ShellRun[] = [];
  if (section === "Mitigation") for (const command of commands) runs.push(await shell(command));
  else {
    for (const command of commands) if (!ran.has(command)) ran.set(command, shell(command));
    runs.push(...(await Promise.all(commands.map((command) => ran.get(command)!))));
  }
  for (const run of runs) requireGood(alert, run);
  return runs.map(({ stdout, stderr }) => `${stdout}${stderr}`).join("\n");
}

function requireGood(alert: string, { command, code, stdout, stderr }: ShellRun): void {
  const about = `${alert}: ${command}\nexit code ${code}\n${stdout}\n${stderr}`;
  const most = judging.test(command) ? 2 : telling.test(command) ? 1 : 0;
  assert.ok(code >= 0 && code <= most, about);
  assert.ok(stdout !== "" || stderr !== "" || /-o |-delete|-X POST "\$PROMETHEUS_URL/.test(command), about);
  assert.doesNotMatch(
    `${stdout}${stderr}`,
    /unknown (option|command)|command not found|makes no sense|unbound variable/,
    about,
  );
  assert.doesNotMatch(stdout, /authentication_error|permission_error|not_found_error|invalid_request_error/, about);
}

async function writeHistory(path: string, records: readonly CallRecord[]): Promise<void> {
  if (records.length === 0) return;
  const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
  for (const record of records) ledger.append(record);
  assert.equal(await ledger.flush(), true);
  await ledger.close();
}

/** Good calls of `user`, one every minute until `untilMs` ago, each of this duration. */
export function goodHistory(
  count: number,
  about: { readonly untilMs: number; readonly durationMs: number },
): CallRecord[] {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, index) => {
    const base = createTestRecord({
      id: `req_old_${about.untilMs}_${index}`,
      model,
      startedAtMs: nowMs - about.untilMs - index * 60_000,
    });
    const target = { provider: "sim", model };
    return { ...base, target, durationMs: about.durationMs, firstByteMs: about.durationMs / 2 };
  });
}

/** Follows both parts of each runbook while the trouble is there; the diagnosis must show what is wrong. */
export async function followAll(
  bench: RunbookBench,
  expected: Readonly<Record<string, RegExp>>,
  isMended = true,
): Promise<void> {
  const ran: RanCommands = new Map();
  const found = await Promise.all(
    Object.entries(expected).map(async ([alert, sign]) => ({
      alert,
      sign,
      text: await bench.follow(alert, "Diagnosis", ran),
    })),
  );
  for (const { alert, sign, text } of found) assert.match(text, sign, alert);
  if (!isMended) return;
  for (const alert of Object.keys(expected)) await bench.follow(alert, "Mitigation");
}

/** Waits until /metrics has a line. */
export function untilMetric(bench: RunbookBench, line: RegExp): Promise<boolean> {
  return waitUntil(`/metrics has ${line.source}`, async () => line.test(await bench.metrics()), 30_000);
}

/** Calls go on, one after the other by each of so many callers, while somebody works. */
export async function whileCalling(bench: RunbookBench, callers: number, work: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const keepCalling = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await bench.call().then(
        (answer) => answer.text(),
        () => undefined,
      );
    }
  };
  const calling = Array.from({ length: callers }, keepCalling);
  try {
    await work();
  } finally {
    over.abort();
    await Promise.all(calling);
  }
}
