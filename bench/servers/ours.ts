/** This router as a user starts it: a key, routing, metrics, breaker, record, ledger and log all on. */
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Dialect } from "../../src/core/dialect.ts";
import { clientHeaders } from "../load/requests.ts";
import { createRunFolder, serverCore, startChild } from "../rig/children.ts";
import { findFreePort, waitForPort } from "../rig/ports.ts";
import type { ProviderPorts } from "../rig/providers.ts";
import { buildOnce, sourceProgram } from "./build.ts";
import type { RunningServer, ServerDefinition } from "./server.ts";

/** The caller's key in every run. */
export const benchKey = "ccr-bench-key";

export interface OwnOptions {
  /** Parts of the configuration file in place of the bench's own. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Models that the first provider lists, besides the one that is asked for. */
  readonly models?: number;
  /** Flags for node: a profiler, a probe. */
  readonly nodeFlags?: readonly string[];
  /** Runs the sources and not the built program. */
  readonly isFromSources?: boolean;
  /** `server.workers`; one process by default. */
  readonly workers?: number;
  /** Keys of other users besides the bench's. */
  readonly users?: number;
  /** Opens a channel for messages to and from a probe in the process. */
  readonly hasChannel?: boolean;
  /** Where the process keeps its state and what it writes; a folder of the run by default. */
  readonly folder?: string;
  /** A free one by default. */
  readonly port?: number;
}

export const ours: ServerDefinition = {
  name: "ours",
  label: "this router",
  start: (providers) => startOurs(providers),
};

/** The key of the user with this number, where a run has more than the bench's own. */
export function otherKey(index: number): string {
  return `ccr-other-${index}`;
}

/** This router's process, for runs that talk to it. */
export interface OwnServer extends RunningServer {
  readonly pid: number;
  readonly process: ChildProcess;
}

/** Starts this router; its model names lead to the simulated providers. */
export async function startOurs(providers: ProviderPorts, options: OwnOptions = {}): Promise<OwnServer> {
  const program = options.isFromSources === true ? sourceProgram : await buildOnce();
  const folder = options.folder ?? createRunFolder("ours");
  const port = options.port ?? (await findFreePort());
  const file = path.join(folder, "ccr.json");
  const keys = userKeys(options.users ?? 0);
  writeFileSync(file, JSON.stringify({ ...ownConfig(port, folder, providers, keys, options), ...options.config }));
  const flags = options.nodeFlags ?? [];
  const child = startChild(process.execPath, [...flags, program, "start", "--foreground", "--config", file], {
    core: serverCore,
    hasChannel: options.hasChannel ?? false,
    cwd: folder,
    env: { CCR_HOME: path.join(folder, "state") },
  });
  if (!(await waitForPort(port, 20_000, () => child.process.exitCode !== null))) {
    throw new Error(`the router did not start: ${child.output().slice(-500)}`);
  }
  return {
    name: "ours",
    pid: child.pid,
    process: child.process,
    target: (kind) => ({
      port,
      path: "/v1/messages",
      headers: { ...clientHeaders, "x-api-key": benchKey },
      model: kind === "whole" ? "claude-sonnet-5" : kind === "stream" ? "claude-opus-5" : "gpt-5",
    }),
    output: () => child.output(),
    stop: () => child.stop(),
  };
}

/** The bench's own key and those of `users` others. */
function userKeys(users: number): object[] {
  const keys = [{ hash: sha256(benchKey), user: "bench", team: "bench" }];
  for (let index = 0; index < users; index++) {
    keys.push({ hash: sha256(otherKey(index)), user: `user-${index}`, team: `team-${index % 100}` });
  }
  return keys;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function ownConfig(
  port: number,
  folder: string,
  providers: ProviderPorts,
  keys: object[],
  { models = 0, workers = 1 }: OwnOptions,
): object {
  const others = Array.from({ length: models }, (_, index) => `other-model-${index}`);
  const provider = (providerPort: number, dialect: Dialect, ...names: string[]): object =>
    benchProvider(`http://127.0.0.1:${providerPort}/v1`, dialect, ...names);
  return {
    server: { port, maxCalls: 10_000, workers },
    providers: {
      whole: provider(providers.wholePort, "anthropic-messages", ...others, "claude-sonnet-5"),
      stream: provider(providers.streamPort, "anthropic-messages", "claude-opus-5"),
      translated: provider(providers.wholePort, "openai-chat", "gpt-5"),
    },
    auth: { keys },
    logging: { level: "info", file: path.join(folder, "errors.log") },
  };
}

/** Settings of a provider that a run simulates. */
export function benchProvider(baseUrl: string, dialect: Dialect, ...models: string[]): object {
  // Several keys: one that a simulated 429 sends to rest must not stop the run.
  const keys = ["sk-bench", "sk-bench-2", "sk-bench-3", "sk-bench-4"].map((value) => ({ value }));
  return { kind: "custom", baseUrl, dialect, keys, models, maxSockets: 10_000 };
}
