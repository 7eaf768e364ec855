/** `ccr preflight`: the deployment checklist. Starts nothing that stays, changes nothing. */
import { dirname } from "node:path";
import { readStoredKeys } from "../../config/keys-file.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { ConfigError, formatProblemWithin } from "../../config/problem.ts";
import { isLoopbackHost } from "../../core/http/local-host.ts";
import { packageFolder } from "../../core/files/own-files.ts";
import { gatherPreflight } from "../../playbooks/preflight/gather-preflight.ts";
import type { Deployment } from "../../playbooks/preflight/gather-preflight.ts";
import { judgePreflight } from "../../playbooks/preflight/judge-preflight.ts";
import type { ConfigurationState } from "../../playbooks/preflight/preflight-figures.ts";
import { askRedisVersion, findProviders, tryToStart } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { loadSettingsToCheck } from "../instance/load-settings.ts";
import { readWatch } from "../arguments/read-span.ts";
import { reportFindings } from "../tell-findings.ts";

export interface PreflightArguments extends ConfigArguments {
  readonly limit: string;
}

export async function run(context: CommandContext, given: PreflightArguments): Promise<number> {
  const limitMs = readWatch("--limit", given.limit);
  const { configuration, deployment } = await readConfiguration(context, given);
  const figures = await gatherPreflight({
    programFolder: packageFolder,
    nodeVersion: process.version,
    configuration,
    deployment,
    limitMs,
    nowMs: () => Date.now(),
    onStep: (what) => context.notes.progress(`looking at ${what} …`),
  });
  context.notes.progress("");
  return reportFindings(context, judgePreflight(figures), given.json === true);
}

interface Read {
  readonly configuration: ConfigurationState;
  readonly deployment: Deployment | null;
}

async function readConfiguration(context: CommandContext, { config }: PreflightArguments): Promise<Read> {
  try {
    const loaded = loadSettingsToCheck(context, config);
    return { configuration: await stateOf(loaded), deployment: await deploymentOf(loaded) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map(formatProblemWithin);
    return { configuration: { kind: "bad", path: error.file, problems }, deployment: null };
  }
}

async function stateOf({ config, path, warnings }: LoadedConfig): Promise<ConfigurationState> {
  const stored = await readStoredKeys(config.auth.keysFile);
  const inForce = stored.filter(({ revokedAtMs }) => revokedAtMs === null);
  return {
    kind: "good",
    path,
    warnings: warnings.map(formatProblemWithin),
    isExposed: !isLoopbackHost(config.server.host),
    hasKeys: config.auth.keys.length > 0 || stored.some(({ isAdmin }) => !isAdmin),
    hasAdminKey: config.auth.adminKeyHash !== null || inForce.some(({ isAdmin }) => isAdmin),
  };
}

async function deploymentOf({ config, environment, stateFolder }: LoadedConfig): Promise<Deployment> {
  const { redis } = config;
  return {
    host: config.server.host,
    port: config.server.port,
    folders: [stateFolder, dirname(config.ledger.sqlitePath), dirname(config.logging.file)],
    providers: await findProviders(config, environment),
    variables: environment,
    postgresUrl: config.ledger.postgres,
    askRedis: redis === null ? null : () => askRedisVersion(redis),
    tryToStart: () => tryToStart(config, environment),
  };
}
