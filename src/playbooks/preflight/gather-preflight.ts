/** Gathers what the deployment checklist judges: local probes, each limited, one after the other. */
import type { ProviderSettings } from "../../providers/create-provider.ts";
import type { Variables } from "../../providers/variables.ts";
import { checkProviders } from "../connectivity/check-providers.ts";
import { timed } from "../connectivity/probe-endpoint.ts";
import { probeMachine } from "../probe-machine.ts";
import type { ConfigurationState, PreflightFigures } from "./preflight-figures.ts";
import { neededNode, probeBuild } from "./probe-build.ts";
import { probePort } from "./probe-port.ts";
import { probePostgres } from "./probe-postgres.ts";

export interface PreflightQuestion {
  /** Where package.json is. */
  readonly programFolder: string;
  readonly nodeVersion: string;
  readonly configuration: ConfigurationState;
  /** null: the configuration cannot be used, so what depends on it is left out. */
  readonly deployment: Deployment | null;
  /** Of each step. */
  readonly limitMs: number;
  readonly nowMs: () => number;
  /** Told what is looked at next. */
  readonly onStep: (what: string) => void;
}

/** What the configuration asks for. */
export interface Deployment {
  readonly host: string;
  readonly port: number;
  /** That the state, the ledger and the logs lie in. */
  readonly folders: readonly string[];
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly variables: Variables;
  readonly postgresUrl: string | null;
  /** Answers Redis' version; null without Redis. */
  readonly askRedis: (() => Promise<string>) | null;
  /** Starts a router for trial and waits until it is ready; rejects in words for people. */
  readonly tryToStart: () => Promise<void>;
}

/** A start loads everything and reads the ledger: that may take its time on a small machine. */
const startLimitMs = 60_000;

export async function gatherPreflight(question: PreflightQuestion): Promise<PreflightFigures> {
  const { programFolder, nodeVersion, configuration, deployment, limitMs, nowMs, onStep } = question;
  onStep("the program");
  const common = {
    nodeVersion,
    neededNode: neededNode(programFolder),
    build: probeBuild(programFolder),
    configuration,
    machine: await probeMachine(deployment?.folders ?? [programFolder]),
  };
  if (deployment === null) {
    return { ...common, providers: [], redis: null, postgres: null, port: null, start: null, nowMs: nowMs() };
  }
  const { providers, variables, host, port, postgresUrl, askRedis, tryToStart } = deployment;
  onStep("the providers and their keys");
  const checks = await checkProviders({ providers, variables, limitMs, nowMs: nowMs() });
  onStep("the stores");
  const redis = askRedis === null ? null : await timed(limitMs, async () => ({ version: `Redis ${await askRedis()}` }));
  const postgres = postgresUrl === null ? null : await probePostgres(postgresUrl, limitMs);
  onStep("the port");
  const portState = await probePort(host, port);
  onStep("a trial start");
  const startMs = performance.now();
  const start = await timed(startLimitMs, async () => {
    await tryToStart();
    return { readyMs: performance.now() - startMs };
  });
  return { ...common, providers: checks, redis, postgres, port: portState, start, nowMs: nowMs() };
}
