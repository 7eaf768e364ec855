/** The program behind the commands, loaded only by those that need it: a quick command must stay quick. */
import type { AlertStore } from "../../alerting/received/alert-store.ts";
import type { AlertListener, AlertListenerOptions } from "../../app/alert-listener.ts";
import type { ExplainRequest } from "../../app/explain.ts";
import type { CopyAccount } from "../../app/ledger-copies.ts";
import type { RunningRouter, StartOptions } from "../../app/start.ts";
import type { Config, ProviderConfig } from "../../config/schema.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Logger } from "../../core/log/logging.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import type { Plan } from "../../core/target.ts";

export type { RunningRouter } from "../../app/start.ts";

/** Starts a router in this process. */
export async function startRouter(options: StartOptions): Promise<RunningRouter> {
  const app = await import("../../app/start.ts");
  return app.startRouter(options);
}

/** The providers to serve calls by: the configuration's, else those of the environment. */
export async function findProviders(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, ProviderConfig>>> {
  const app = await import("../../app/runtime/providers-of.ts");
  return app.providersOf(config, environment);
}

/** Why a start would refuse these providers: a sentence each, beginning with the setting's path. */
export async function findUnusable(
  providers: Readonly<Record<string, ProviderConfig>>,
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const app = await import("../../app/runtime/providers-of.ts");
  return app.unusableOf(providers, environment);
}

/** Why a start would refuse the own routing module; null where it loads. */
export async function findUnusableRoute(path: string): Promise<string | null> {
  const app = await import("../../app/runtime/own-route.ts");
  return app.loadOwnRoute(path).then(
    () => null,
    (error: Error) => error.message,
  );
}

/** Listens for alerts in this process. */
export async function startAlertListener(options: AlertListenerOptions): Promise<AlertListener> {
  const app = await import("../../app/alert-listener.ts");
  return app.startAlertListener(options);
}

/** The alerts in the configuration's database, whether or not a router runs. */
export async function withAlertStore<Result>(
  config: Config,
  use: (store: AlertStore) => Promise<Result>,
): Promise<Result> {
  const app = await import("../../app/alert-listener.ts");
  return app.withAlertStore(config, silentLogger, use);
}

/** Copies the configuration's ledger to a file. Rejects in words for people. */
export async function backUpLedger(config: Config, file: string): Promise<CopyAccount> {
  const app = await import("../../app/ledger-copies.ts");
  return app.backUpLedger(config, file);
}

/** Puts a copy in the ledger's place; no router may be running on it. Rejects in words for people. */
export async function restoreLedger(config: Config, file: string, stamp: string): Promise<CopyAccount> {
  const app = await import("../../app/ledger-copies.ts");
  return app.restoreLedger(config, file, stamp);
}

/** A trial start by this configuration. Rejects in words for people. */
export async function tryToStart(config: Config, environment: NodeJS.ProcessEnv): Promise<void> {
  const app = await import("../../app/preflight-trials.ts");
  return app.tryToStart(config, environment);
}

/** Rejects where Redis does not answer. */
export async function askRedisVersion(config: NonNullable<Config["redis"]>): Promise<string> {
  const app = await import("../../app/preflight-trials.ts");
  return app.askRedisVersion(config);
}

/** Where such a request would go, and why; `note` hears of what failed. Rejects with GatewayError as the router would answer. */
export async function explainRoute(
  config: Config,
  environment: NodeJS.ProcessEnv,
  request: ExplainRequest,
  note: (line: string) => void,
): Promise<Plan> {
  const app = await import("../../app/explain.ts");
  const error: Logger["error"] = ({ err }, message) => note(`${message}: ${messageOf(err)}`);
  return app.explainRoute(config, environment, request, { ...silentLogger, error });
}
