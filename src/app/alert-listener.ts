/**
 * A receiver of alerts beside the router: while the router is down, somebody must hear of it.
 *
 * Takes Alertmanager's webhook at `/` (as the operations guide has it) and at the router's own path, and answers the
 * rest of `/api/alerts`. Same database, same admin key. On a loopback address the webhook itself needs no key: this
 * machine's Alertmanager may tell, and only an operator may read.
 */
import { existsSync } from "node:fs";
import type { AdminRoute } from "../admin/admin-route.ts";
import { alertRoutes, webhookRoute } from "../admin/alerts.ts";
import { guardChanges } from "../admin/console-guard.ts";
import { createAlertStore } from "../alerting/received/alert-store.ts";
import type { AlertStore } from "../alerting/received/alert-store.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/time/clock.ts";
import { isLoopbackHost } from "../core/http/local-host.ts";
import type { Logger } from "../core/log/logging.ts";
import { messageOf } from "../core/errors/message-of.ts";
import type { LedgerTables } from "../costs/ledger/ledger.ts";
import { createAuthenticator } from "../gateway/request/authenticate.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import { createHttpServer, listen } from "./http-server.ts";
import { openLedger } from "./process/open-ledger.ts";
import { serveAdmin } from "./operators/serve-admin.ts";
import { keysOf } from "./runtime/keys-of.ts";
import type { KeysOf } from "./runtime/keys-of.ts";
import type { AdminAccess } from "./operators/serve-admin.ts";

export interface AlertListenerOptions {
  readonly config: Config;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
}

export interface AlertListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

type ListenerAccess = AdminAccess & { readonly keys: Pick<KeysOf, "hasKeysFile"> };

/** Not the router's, which may run beside. */
const spillFile = "alerts-spill.ndjson";

/** What a database that nobody has made yet holds. */
const nothing: LedgerTables = { query: () => Promise.resolve([]), write: () => Promise.resolve() };

/** An alert store over the configuration's ledger, for as long as `use` works with it. Makes no file: who looks is no router. */
export async function withAlertStore<Result>(
  config: Config,
  logger: Logger,
  use: (store: AlertStore) => Promise<Result>,
): Promise<Result> {
  const { postgres, sqlitePath } = config.ledger;
  if (postgres === null && !existsSync(sqlitePath)) return use(createAlertStore(nothing, systemClock));
  const ledger = await openLedger(config, systemClock, logger, spillFile);
  try {
    return await use(createAlertStore(ledger.tables, systemClock));
  } finally {
    await ledger.close();
  }
}

/** Rejects with Error in words for people, or with the system's error where it cannot listen. */
export async function startAlertListener(options: AlertListenerOptions): Promise<AlertListener> {
  const { config, host, logger } = options;
  let access = await accessOf(config, logger);
  const isLocal = isLoopbackHost(host);
  if (!isLocal && access.keys.adminKeys.length === 0) {
    throw new Error(
      `${host} can be reached by others, and there is no admin key: make one by \`ccr keys create --admin\`, or listen on 127.0.0.1`,
    );
  }
  const ledger = await openLedger(config, systemClock, logger, spillFile);
  const routes = listenerRoutes(createAlertStore(ledger.tables, systemClock), isLocal);
  const serve = async (exchange: Exchange): Promise<void> => {
    access = await renewed(access, config, logger);
    await serveAdmin(routes, access, exchange);
  };
  const server = createHttpServer(config.server, (exchange) => void serve(exchange));
  try {
    const port = await listen(server, host, options.port);
    server.on("error", (error) => logger.error({ error }, "a connection could not be accepted"));
    return {
      host,
      port,
      close: async () => {
        server.close();
        server.closeAllConnections();
        await ledger.close();
      },
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/**
 * With the keys as their file has them now: one that was revoked opens nothing. A file that is damaged or gone changes
 * nothing, as in the router. Never rejects.
 */
async function renewed(access: ListenerAccess, config: Config, logger: Logger): Promise<ListenerAccess> {
  try {
    const next = await accessOf(config, logger);
    return access.keys.hasKeysFile && !next.keys.hasKeysFile ? access : next;
  } catch (error) {
    logger.error({ error: messageOf(error) }, "the keys cannot be read; those before stay in use");
    return access;
  }
}

async function accessOf(config: Config, logger: Logger): Promise<ListenerAccess> {
  const keys = await keysOf(config);
  const { callers, hasKeys } = keys;
  const { trustedHosts } = config.auth;
  return {
    config,
    keys,
    gateway: {
      clock: systemClock,
      logger,
      authenticator: createAuthenticator({
        keys: callers,
        otherKeyHashes: [],
        hasKeys,
        hasPassthrough: false,
        trustedHosts,
      }),
    },
  };
}

function listenerRoutes(store: AlertStore, isLocal: boolean): readonly AdminRoute[] {
  const access = isLocal ? "open" : "admin";
  return guardChanges([
    { method: "GET", path: "/livez", access: "open", handle: () => ({ status: 200, body: { status: "ok" } }) },
    webhookRoute(store, "/", access),
    ...alertRoutes(store, access),
  ]);
}
