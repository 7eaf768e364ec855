/** The real program as a child process, on a free port and a state folder of its own. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isJsonObject, parseJson } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { mainFile } from "./main-file.ts";
import { programEnvironment } from "./program-environment.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";
import type { CleansUp } from "./temporary-folder.ts";
import { waitUntil } from "./wait-until.ts";

export interface RouterProcessOptions {
  /** What the configuration file holds; the port is set to 0 unless it names one. */
  readonly configuration: JsonObject;
  /** Variables besides the few that every program needs. None of this process's own get through. */
  readonly env?: Readonly<Record<string, string>>;
  /** A state folder to use again, as after a restart. */
  readonly stateFolder?: string;
  /** More arguments after `start --foreground --config FILE`. */
  readonly args?: readonly string[];
  /** Shell commands before it in the same process, such as `ulimit -n 64`. */
  readonly prelude?: string;
  /** The program's file in place of the sources'. */
  readonly program?: string;
  readonly deadlineMs?: number;
}

export interface RouterProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly stateFolder: string;
  readonly configurationFile: string;
  /** Lines of standard output that are JSON objects, so far. */
  readonly logs: readonly JsonObject[];
  /** Everything written to both outputs, for messages of failed tests. */
  output(): string;
  /** Writes the configuration file anew; the router sees a change of its file. */
  writeConfiguration(configuration: JsonObject): void;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end (SIGTERM), waits, ends it by force at the deadline. Answers its exit code, null for a signal. */
  stop(deadlineMs?: number): Promise<number | null>;
  /** Resolves when it has ended. */
  readonly exited: Promise<number | null>;
}

/** Starts the router and waits until it is ready to serve. It is stopped when the test `t` ends, if it still runs. */
export async function startRouter(t: CleansUp, options: RouterProcessOptions): Promise<RouterProcess> {
  const { deadlineMs = 15_000 } = options;
  const folder = options.stateFolder ?? createTemporaryFolder(t);
  mkdirSync(folder, { recursive: true });
  const configurationFile = join(folder, "ccr-test.json");
  const writeConfiguration = (configuration: JsonObject): void => {
    const given = configuration["server"];
    const server = { port: 0, ...(isJsonObject(given) ? given : {}) };
    writeFileSync(configurationFile, JSON.stringify({ ...configuration, server }, null, 2));
  };
  writeConfiguration(options.configuration);
  const { prelude = ":", program = mainFile } = options;
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      `${prelude}; exec "$0" "$@"`,
      process.execPath,
      program,
      "start",
      "--foreground",
      "--config",
      configurationFile,
      ...(options.args ?? []),
    ],
    {
      cwd: folder,
      env: { ...programEnvironment, HOME: folder, CCR_HOME: folder, NO_COLOR: "1", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const logs: JsonObject[] = [];
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      lines.push(line);
      const value = parseJson(line);
      if (isJsonObject(value)) logs.push(value);
    });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", () => resolve(null));
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const output = (): string => lines.join("\n");
  const stop = async (stopDeadlineMs = 10_000): Promise<number | null> => {
    if (!isRunning()) return exited;
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), stopDeadlineMs);
    const code = await exited;
    clearTimeout(force);
    return code;
  };
  t.after(async () => {
    await stop();
  });
  try {
    const port = await waitUntil(
      "the router says that it listens",
      () => (isRunning() ? findPort(logs) : -1),
      deadlineMs,
    );
    if (port === -1) throw new Error("The router ended before it listened");
    const url = `http://127.0.0.1:${port}`;
    await waitUntil("the router is ready", async () => (await fetch(`${url}/readyz`)).ok, deadlineMs);
    const { pid = 0 } = child;
    const signal = (name: NodeJS.Signals): void => void child.kill(name);
    return {
      url,
      port,
      pid,
      stateFolder: folder,
      configurationFile,
      logs,
      output,
      writeConfiguration,
      signal,
      stop,
      exited,
    };
  } catch (error) {
    await stop();
    throw new Error(`The router did not start. It wrote:\n${output()}`, { cause: error });
  }
}

function findPort(logs: readonly JsonObject[]): number | undefined {
  const ready = logs.find((log) => log["msg"] === "listening");
  return typeof ready?.["port"] === "number" ? ready["port"] : undefined;
}
