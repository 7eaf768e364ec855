/** The program behind the commands, loaded only by those that need it: a quick command must stay quick. */
import { messageOf } from "../core/errors/message-of.ts";

export const startRouter: typeof import("../app/start.ts").startRouter = async (...given) =>
  (await import("../app/start.ts")).startRouter(...given);

/** The providers to serve calls by: the configuration's, else those of the environment. */
export const findProviders: typeof import("../app/runtime/providers-of.ts").providersOf = async (...given) =>
  (await import("../app/runtime/providers-of.ts")).providersOf(...given);

/** Why a start would refuse these providers: a sentence each, beginning with the setting's path. */
export const findUnusable: typeof import("../app/runtime/providers-of.ts").unusableOf = async (...given) =>
  (await import("../app/runtime/providers-of.ts")).unusableOf(...given);

/** Why a start would refuse the own routing module; null where it loads. */
export async function findUnusableRoute(path: string): Promise<string | null> {
  const { loadOwnRoute } = await import("../app/runtime/own-route.ts");
  return loadOwnRoute(path).then(() => null, messageOf);
}

export const startAlertListener: typeof import("../app/alert-listener.ts").startAlertListener = async (...given) =>
  (await import("../app/alert-listener.ts")).startAlertListener(...given);

/** The alerts in the configuration's database, whether or not a router runs. */
export const withAlertStore: typeof import("../app/alert-listener.ts").withAlertStore = async (...given) =>
  (await import("../app/alert-listener.ts")).withAlertStore(...given);

export const backUpLedger: typeof import("../app/ledger-copies.ts").backUpLedger = async (...given) =>
  (await import("../app/ledger-copies.ts")).backUpLedger(...given);

export const restoreLedger: typeof import("../app/ledger-copies.ts").restoreLedger = async (...given) =>
  (await import("../app/ledger-copies.ts")).restoreLedger(...given);

export const tryToStart: typeof import("../app/preflight-trials.ts").tryToStart = async (...given) =>
  (await import("../app/preflight-trials.ts")).tryToStart(...given);

export const askRedisVersion: typeof import("../app/preflight-trials.ts").askRedisVersion = async (...given) =>
  (await import("../app/preflight-trials.ts")).askRedisVersion(...given);

export const explainRoute: typeof import("../app/explain.ts").explainRoute = async (...given) =>
  (await import("../app/explain.ts")).explainRoute(...given);
