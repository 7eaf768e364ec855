/**
 * The process that serves calls: claims the state folder, starts the router, obeys signals (obey-signals.ts; the router
 * itself writes a heap snapshot at SIGUSR2), ends cleanly.
 */
import { flushCompileCache } from "node:module";
import { formatProblem } from "../../config/problem.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { StructuredLogger } from "../../core/log/logging.ts";
import { findProviders, startRouter } from "../app.ts";
import type { RunningRouter } from "../../app/start.ts";
import { boundLog } from "./bound-log.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { announceInstance, claimInstance, dropInstance, releaseInstance } from "./instance.ts";
import { logPath } from "./find-instance.ts";
import type { Instance } from "./find-instance.ts";
import { holdHangups, releaseHangups } from "../process/hold-hangups.ts";
import { listenError } from "./listen-error.ts";
import { loadSettings } from "./load-settings.ts";
import { endAtSignals, untilDrained } from "./obey-signals.ts";
import { noProviderError } from "../settings/provider-keys.ts";
import type { ServeOptions } from "./serve-options.ts";
import { programVersion } from "../../core/version.ts";
import { collectAtRest } from "../process/collect-at-rest.ts";
import { boundYoungGeneration } from "../process/young-generation.ts";

/** What becomes of a start: told as soon as it is known. */
export type ServeEvent =
  | { readonly kind: "running"; readonly instance: Instance }
  | { readonly kind: "already-running"; readonly instance: Instance };

/** Its number; the stream that Node would make of it is not needed. */
const standardOutput = 1;

/** By then the first calls have had what they need compiled. */
const keepCompiledAfterMs = 5_000;

/** Serves until a signal ends it. Throws ConfigError or CliError if it cannot start. */
export async function serve(
  context: CommandContext,
  options: ServeOptions,
  onEvent: (event: ServeEvent) => void,
): Promise<number> {
  holdHangups();
  const loaded = loadSettings(context, options);
  await requireProviders(loaded);
  const { level, file } = loaded.config.logging;
  const logger = new StructuredLogger({ level, file });
  try {
    return await serveLogged({ context, options, loaded, logger, onEvent });
  } finally {
    logger.close();
  }
}

/** What a start is made with. */
interface Start {
  readonly context: CommandContext;
  readonly options: ServeOptions;
  readonly loaded: LoadedConfig;
  readonly logger: StructuredLogger;
  readonly onEvent: (event: ServeEvent) => void;
}

async function serveLogged(start: Start): Promise<number> {
  const { context, options, loaded, logger, onEvent } = start;
  for (const warning of loaded.warnings) logger.warn({ path: warning.path }, formatProblem(loaded.path, warning));

  const { host, port } = loaded.config.server;
  const given = { host: options.host, port: options.port };
  const about = { host, port, version: programVersion(), configPath: loaded.path, given, folder: context.folder };
  const endStarting = endAtSignals(() => dropInstance(loaded.stateFolder));
  const claim = await claimInstance(loaded.stateFolder, { ...about, startedAtMs: Date.now() });
  if (claim.kind === "taken") {
    const { pid, state } = claim.by;
    if (state === "stopping")
      throw new CliError(`the router before, process ${pid}, finishes its calls`, `to end them now: kill ${pid}`);
    onEvent({ kind: "already-running", instance: claim.by });
    return exitCodes.ok;
  }
  if (claim.stale !== null) {
    logger.info({ pid: claim.stale.pid }, "an earlier router ended without cleaning up; its place is taken over");
  }
  try {
    await serveClaimed(start, claim.instance, endStarting);
  } finally {
    await releaseInstance(loaded.stateFolder, claim.instance).catch((error: unknown) => {
      // The claim ends with this process in any case; how the router itself has ended is told by the exit code.
      logger.warn({ error: String(error) }, "the claim to the state folder could not be taken back");
    });
  }
  return exitCodes.ok;
}

/** Starts the router, tells everybody where it listens, and serves until a signal has ended it. */
async function serveClaimed(start: Start, claimed: Instance, endStarting: () => void): Promise<void> {
  const { loaded, logger, onEvent } = start;
  const { stateFolder } = loaded;
  const router = await startOrExplain(start);
  // Calls come in from now on, so from now on a signal must let them finish.
  const instance: Instance = { ...claimed, host: router.host, port: router.port, state: "running" };
  const ended = untilDrained(router, logger, () => {
    const callsEndAtMs = Date.now() + router.gracePeriodMs();
    return announceInstance(stateFolder, { ...instance, state: "stopping", callsEndAtMs });
  });
  endStarting();
  if (releaseHangups().isToReload) process.kill(process.pid, "SIGHUP");
  outliveDefects(logger);
  logger.flush(); // whoever waits for the start may look at its log at once
  await announceInstance(stateFolder, instance);
  onEvent({ kind: "running", instance });
  boundYoungGeneration();
  collectAtRest();
  boundLog(logPath(stateFolder), standardOutput, logger);
  keepCompiledSoon();
  await ended;
}

async function startOrExplain({ context, options, loaded, logger }: Start): Promise<RunningRouter> {
  try {
    return await startRouter({
      config: loaded.config,
      configPath: loaded.path,
      environment: loaded.environment,
      logger,
      // In the background the log takes what is printed: it holds lines of JSON, and one of them says the same.
      print: process.send === undefined ? (line) => void process.stderr.write(`${line}\n`) : () => undefined,
      reloadConfig: () => Promise.resolve().then(() => loadSettings(context, options)),
    });
  } catch (error) {
    throw (await listenError(error, loaded.config.server)) ?? error;
  }
}

/** A router that could serve nothing is no use to anybody. */
async function requireProviders({ config, path, environment }: LoadedConfig): Promise<void> {
  const providers = await findProviders(config, environment);
  if (Object.keys(providers).length === 0) throw noProviderError(path);
}

/** Node writes what V8 compiled when a process ends; one that is killed would leave its successor nothing. */
function keepCompiledSoon(): void {
  setTimeout(() => flushCompileCache(), keepCompiledAfterMs).unref();
}

/** An error that nobody caught harms what it belongs to. Ending the process for it would harm every call in flight. */
function outliveDefects(logger: StructuredLogger): void {
  process.on("uncaughtException", (error, origin) => {
    logger.error({ error, origin }, "a defect in the router: nobody caught this error; the router goes on");
    // If it is the last thing that happens, it must be readable.
    logger.flush();
  });
}
