/**
 * Who is calling: a key's owner, a client with its own login at the provider, or anybody on this machine.
 *
 * Keys are known by their SHA-256 only. The look-up is by hash, which tells an attacker nothing about the key, and
 * the comparison behind it takes the same time for any two hashes.
 */
import { hash, timingSafeEqual } from "node:crypto";
import type { Caller } from "../../core/caller.ts";
import type { CallerKey } from "../../core/caller-key.ts";
import { noLimits } from "../../core/caller.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { Exchange } from "./exchange.ts";
import { localHosts, refuseForeignRequests } from "./local-requests.ts";

export interface AuthenticatorSettings {
  readonly keys: readonly CallerKey[];
  /** Of keys of this router that let no caller in, operators' and revoked ones: no client's own login either. */
  readonly otherKeyHashes: readonly string[];
  /** Whether a caller needs one of them, even where there is none; else this machine alone is served. */
  readonly hasKeys: boolean;
  /** Whether a provider takes the client's own credential (`credentials: passthrough`). */
  readonly hasPassthrough: boolean;
  /** Host names by which local clients may call, besides loopback ones. */
  readonly trustedHosts: readonly string[];
}

export interface Authenticator {
  /** Throws GatewayError `caller_authentication_failed` or `caller_host_refused`. */
  authenticate(exchange: CallerFacts, nowMs: number): Caller;
  /** Whether a credential is a key of this router, whatever its state: such a one never leaves it. */
  knows(credential: string): boolean;
  /** Whether a credential is a key that is served at this moment. */
  accepts(credential: string, nowMs: number): boolean;
}

/** `keyId` of callers of a router without keys. */
export const localKeyId = "loopback";

/** `keyId` of callers that are known by their own login only: passthrough providers alone serve them. */
export const passthroughKeyId = "passthrough";

/** What of a request says who calls. */
export type CallerFacts = Pick<Exchange, "method" | "header" | "memo">;

/** Who calls, and until when that holds. */
interface Identity {
  readonly caller: Caller;
  readonly expiresAtMs: number | null;
}

interface Entry extends Identity {
  readonly hash: Buffer;
}

/** An authenticator over the keys of one configuration; a reload makes another. */
export function createAuthenticator(settings: AuthenticatorSettings): Authenticator {
  const entries = new Map(settings.keys.map((key) => [key.hash, toEntry(key)]));
  const others = new Set(settings.otherKeyHashes);
  const hosts = localHosts(settings.trustedHosts);
  const knows = (credential: string): boolean => {
    const digest = digestOf(credential);
    return entries.has(digest) || others.has(digest);
  };
  const identify = (exchange: CallerFacts): Identity => {
    if (!settings.hasKeys) return authenticateLocal(exchange, hosts);
    const entry = findEntry(exchange, entries);
    if (entry !== null) return entry;
    const credentials = credentialsOf(exchange);
    if (settings.hasPassthrough && !credentials.every(knows)) return passthroughCaller(exchange);
    throw unauthenticated(
      credentials.length === 0 ? "no key: send it as authorization: Bearer or x-api-key" : "unknown or revoked key",
    );
  };
  return {
    authenticate(exchange, nowMs) {
      const { memo } = exchange;
      // Another authenticator may know other keys.
      const identity = memo.identity?.foundIn === entries ? memo.identity : { ...identify(exchange), foundIn: entries };
      if (hasExpired(identity, nowMs)) throw unauthenticated("this key has expired");
      memo.identity = identity;
      return identity.caller;
    },
    knows,
    accepts: (credential, nowMs) => {
      const entry = entries.get(digestOf(credential));
      return entry !== undefined && !hasExpired(entry, nowMs);
    },
  };
}

/** The token of `authorization: Bearer …`, or "". */
export function bearerToken(authorization: string): string {
  return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : "";
}

/** SHA-256 in lower-case hex, as keys are known. */
export function digestOf(credential: string): string {
  return hash("sha256", credential, "hex");
}

function hasExpired({ expiresAtMs }: Identity, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** What a request presents as keys. */
export function credentialsOf(exchange: Pick<Exchange, "header">): readonly string[] {
  const found = [exchange.header("x-api-key") ?? "", bearerToken(exchange.header("authorization") ?? "")];
  return found.filter((credential) => credential !== "");
}

function toEntry(key: CallerKey): Entry {
  const { id, user, team, tier, allowedModels, limits, expiresAtMs } = key;
  return {
    hash: Buffer.from(key.hash, "hex"),
    expiresAtMs,
    caller: { user, team, tier, keyId: id, allowedModels, limits },
  };
}

/** null where no key of a caller is among the credentials. */
function findEntry(exchange: CallerFacts, entries: ReadonlyMap<string, Entry>): Entry | null {
  for (const credential of credentialsOf(exchange)) {
    const digest = digestOf(credential);
    const entry = entries.get(digest);
    if (entry !== undefined && timingSafeEqual(entry.hash, Buffer.from(digest, "hex"))) return entry;
  }
  return null;
}

function unauthenticated(message: string): GatewayError {
  return new GatewayError("caller_authentication_failed", message);
}

/** Without keys only this machine is served, and no page that a browser on it shows (DNS rebinding included). */
function authenticateLocal(exchange: CallerFacts, hosts: ReadonlySet<string>): Identity {
  refuseForeignRequests(exchange, hosts);
  return toIdentity("local", localKeyId);
}

function passthroughCaller(exchange: CallerFacts): Identity {
  const session = exchange.header("x-claude-code-session-id");
  return toIdentity(session === undefined ? "passthrough" : `session:${session.slice(0, 64)}`, passthroughKeyId);
}

function toIdentity(user: string, keyId: string): Identity {
  const caller: Caller = { user, team: null, tier: "standard", keyId, allowedModels: null, limits: noLimits };
  return { caller, expiresAtMs: null };
}
