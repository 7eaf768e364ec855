/**
 * Serves the operators' API: finds the route, checks who asks, renders the answer.
 *
 * With an admin key configured, operators need it. Without any key only this machine is served, and never a page of
 * another site in its browser. With keys for callers but none for operators, or when all of these are revoked, the API is
 * closed.
 */
import { timingSafeEqual } from "node:crypto";
import type { AdminAnswer, AdminRequest, AdminRoute } from "../../admin/admin-route.ts";
import { findRoute } from "../../admin/admin-route.ts";
import type { AdminKey } from "../../config/keys-file.ts";
import { GatewayError, toGatewayError } from "../../core/errors/errors.ts";
import { createCallId } from "../../core/ids.ts";
import { credentialsOf, digestOf } from "../../gateway/request/authenticate.ts";
import type { Exchange } from "../../gateway/request/exchange.ts";
import { localHosts, refuseForeignHosts, refuseForeignRequests } from "../../gateway/request/local-requests.ts";
import { receiveBody } from "../../gateway/request/receive-body.ts";
import { sendError } from "../../gateway/send-error.ts";
import { dialectOf, refuseMethod } from "../serve-client.ts";
import type { Runtime } from "../runtime/create-runtime.ts";
import type { KeysOf } from "../runtime/keys-of.ts";

const bodyLimitBytes = 8 * 1024 * 1024;

/** What it takes to know who asks. */
export interface AdminAccess {
  readonly keys: Pick<KeysOf, "hasKeys" | "hasAdminKeys" | "adminKeys">;
  readonly config: Pick<Runtime["config"], "auth">;
  readonly gateway: Pick<Runtime["gateway"], "authenticator" | "clock" | "logger">;
}

/** Answers any request that is not a client's call. Resolves with the route that it took, null for none. Never rejects. */
export async function serveAdmin(
  routes: readonly AdminRoute[],
  runtime: AdminAccess,
  exchange: Exchange,
): Promise<AdminRoute | null> {
  const found = findRoute(routes, exchange.method, exchange.path);
  try {
    if (found.kind === "none") throw nothingAt(exchange.path.slice(0, 200));
    if (found.kind === "other-method") {
      refuseMethod(exchange, dialectOf(exchange), found.allow);
      return null;
    }
    const asker = authorize(found.route, runtime, exchange);
    refuseNul(exchange);
    send(exchange, await found.route.handle(toAdminRequest(found.route, exchange, asker), found.parts));
  } catch (error) {
    const failure = toGatewayError(error);
    if (failure.code === "router_failed")
      runtime.gateway.logger.error({ err: error, path: exchange.path }, "the operators' API failed");
    const callId = createCallId(Date.now());
    const headers = ["x-ccr-request-id", callId, ...Object.entries(usualHeaders).flat()];
    sendError(exchange, dialectOf(exchange), failure, callId, headers);
  }
  return found.kind === "found" ? found.route : null;
}

/** Clients know 501 for what a provider's API has and a router has not: they do without it and do not try again. */
function nothingAt(path: string): GatewayError {
  if (!path.startsWith("/v1/")) {
    return new GatewayError("caller_not_found", `there is nothing at ${path}${baseUrlHint(path)}`);
  }
  const hint = path.startsWith("/v1/v1/") ? "; leave /v1 off the client's base URL" : "";
  const message = `${path} is not supported by this router: models are asked at /v1/messages and /v1/chat/completions${hint}`;
  return new GatewayError("router_not_supported", message);
}

function baseUrlHint(path: string): string {
  if (path.startsWith("//")) return ": end the client's base URL without a slash";
  return /^\/(messages|chat|models)\b/.test(path) ? ": end the client's base URL in /v1" : "";
}

/** Who asks, as far as the route wants to know. */
type Asker = Pick<AdminRequest, "caller" | "adminKeyHash">;

const anybody: Asker = { caller: null, adminKeyHash: null };

/** Throws GatewayError for whoever may not ask. */
function authorize({ access }: AdminRoute, runtime: AdminAccess, exchange: Exchange): Asker {
  if (access === "open") return anybody;
  const hosts = localHosts(runtime.config.auth.trustedHosts);
  if (access === "host") {
    if (!runtime.keys.hasKeys) refuseForeignHosts(exchange, hosts);
    return anybody;
  }
  if (access === "caller") {
    const { authenticator, clock } = runtime.gateway;
    return { caller: authenticator.authenticate(exchange, clock.nowMs()), adminKeyHash: null };
  }
  if (runtime.keys.adminKeys.length > 0) {
    const found = findAdminKeys(exchange, runtime.keys.adminKeys);
    const nowMs = runtime.gateway.clock.nowMs();
    const key = found.find(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
    if (key !== undefined) return { caller: null, adminKeyHash: key.hash };
    throw new GatewayError(
      "caller_authentication_failed",
      found.length > 0 ? "this key has expired" : "this needs the admin key, as authorization: Bearer or x-api-key",
    );
  }
  if (runtime.keys.hasKeys || runtime.keys.hasAdminKeys) {
    throw new GatewayError(
      "caller_permission_denied",
      "no admin key is in force: make one by `ccr keys create --admin`",
    );
  }
  refuseForeignRequests(exchange, hosts);
  return anybody;
}

/** Those among the credentials, expired ones too. */
function findAdminKeys(exchange: Exchange, keys: readonly AdminKey[]): readonly AdminKey[] {
  const digests = credentialsOf(exchange).map((credential) => Buffer.from(digestOf(credential)));
  return keys.filter(({ hash }) => digests.some((digest) => timingSafeEqual(digest, Buffer.from(hash))));
}

/** No name holds one, and PostgreSQL takes none: what asks for it is wrong, and no failure of the router. */
function refuseNul({ path, query }: Exchange): void {
  if (!path.includes("%00") && !query.includes("%00")) return;
  throw new GatewayError("caller_invalid_request", "%00 stands in no name");
}

function toAdminRequest(route: AdminRoute, exchange: Exchange, asker: Asker): AdminRequest {
  return {
    ...asker,
    method: exchange.method,
    path: exchange.path,
    query: new URLSearchParams(exchange.query),
    header: (name) => exchange.header(name),
    body: async () => receiveBody(exchange, { bytes: route.bodyLimitBytes ?? bodyLimitBytes, setting: null }),
    signal: () => {
      const left = new AbortController();
      exchange.onGone(() => left.abort());
      return left.signal;
    },
  };
}

/** What is shown here is true for a moment and for whoever asked; and it is never anything but what its type says. */
const usualHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

function send(exchange: Exchange, answer: AdminAnswer): void {
  const { body, contentType } = answer;
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const headers = Object.entries({ ...usualHeaders, ...answer.headers }).flat();
  headers.push("content-type", contentType ?? (isRaw ? "text/plain; charset=utf-8" : "application/json"));
  exchange.respond(answer.status, headers, isRaw ? body : `${JSON.stringify(body, null, 2)}\n`);
}
