import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { noLimits } from "../../core/caller.ts";
import type { Caller } from "../../core/caller.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { bearerToken, createAuthenticator } from "./authenticate.ts";
import type { CallerKey } from "../../core/caller-key.ts";
import type { AuthenticatorSettings, CallerFacts } from "./authenticate.ts";
import { HeadMemo } from "./head-memo.ts";

const nowMs = 1_000;

function keyOf(secret: string, changes: Partial<CallerKey> = {}): CallerKey {
  const hash = createHash("sha256").update(secret).digest("hex");
  const facts = { team: "web", tier: "gold", allowedModels: ["m"], limits: noLimits, expiresAtMs: null };
  return { id: `key_${secret}`, hash, user: `owner of ${secret}`, ...facts, ...changes };
}

const keys = [keyOf("ada"), keyOf("old", { expiresAtMs: nowMs }), keyOf("soon", { expiresAtMs: nowMs + 1 })];

function authenticator(changes: Partial<AuthenticatorSettings> = {}): ReturnType<typeof createAuthenticator> {
  return createAuthenticator({
    keys,
    otherKeyHashes: [],
    hasKeys: true,
    hasPassthrough: false,
    trustedHosts: [],
    ...changes,
  });
}

function callerOf(headers: Readonly<Record<string, string>>, changes: Partial<AuthenticatorSettings> = {}): Caller {
  return authenticator(changes).authenticate(requestOf(headers), nowMs);
}

function requestOf(headers: Readonly<Record<string, string>>): CallerFacts {
  return { method: "POST", header: (name) => headers[name], memo: new HeadMemo() };
}

function refusalOf(headers: Readonly<Record<string, string>>, changes: Partial<AuthenticatorSettings> = {}): string {
  try {
    callerOf(headers, changes);
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.code === "caller_authentication_failed");
    return error.message;
  }
  return assert.fail("was let in");
}

test("a key in either header is its owner's call, with the owner's team, tier and limits", () => {
  const ada = {
    user: "owner of ada",
    team: "web",
    tier: "gold",
    keyId: "key_ada",
    allowedModels: ["m"],
    limits: noLimits,
  };
  for (const headers of [
    { "x-api-key": "ada" },
    { authorization: "Bearer ada" },
    { authorization: "bearer  ada " },
    { "x-api-key": "unknown", authorization: "Bearer ada" },
    { "x-api-key": "ada", authorization: "Bearer of the client's own login" },
  ]) {
    assert.deepEqual(callerOf(headers), ada);
  }
});

test("no key, an unknown one and one that has expired are refused, each in its own words", () => {
  assert.match(refusalOf({}), /no key/);
  assert.match(refusalOf({ "x-api-key": "", authorization: "Basic ada" }), /no key/);
  assert.match(refusalOf({ "x-api-key": "eve" }), /unknown or revoked/);
  assert.match(refusalOf({ "x-api-key": keys[0]!.hash }), /unknown or revoked/);
  assert.match(refusalOf({ "x-api-key": "old" }), /expired/);
  assert.equal(callerOf({ "x-api-key": "soon" }).keyId, "key_soon");
});

test("a key that has expired is no client's own login", () => {
  assert.match(refusalOf({ "x-api-key": "old" }, { hasPassthrough: true }), /expired/);
});

test("an operator's key and a revoked one are no client's own login, and known", () => {
  const passthrough = { hasPassthrough: true, otherKeyHashes: [keyOf("admin").hash] };
  assert.match(refusalOf({ "x-api-key": "admin" }, passthrough), /unknown or revoked/);
  assert.match(refusalOf({ authorization: "Bearer admin", "x-api-key": "admin" }, passthrough), /unknown or revoked/);
  const both = { "x-api-key": "admin", authorization: "Bearer of the client's own login" };
  assert.equal(callerOf(both, passthrough).keyId, "passthrough");
  assert.ok(authenticator(passthrough).knows("admin"));
});

test("a client's own login is let in where a provider takes it, as its session's user", () => {
  const passthrough = { hasPassthrough: true };
  assert.match(refusalOf({}, passthrough), /no key/);
  const plain = callerOf({ authorization: "Bearer its-own" }, passthrough);
  const { user, keyId, team, tier } = plain;
  assert.deepEqual([user, keyId, team, tier], ["passthrough", "passthrough", null, "standard"]);
  const session = "s".repeat(100);
  const named = callerOf({ authorization: "Bearer its-own", "x-claude-code-session-id": session }, passthrough);
  assert.equal(named.user, `session:${"s".repeat(64)}`);
  assert.equal(callerOf({ "x-api-key": "ada" }, passthrough).keyId, "key_ada");
});

test("without keys this machine is served, as one user, whatever it sends", () => {
  const local = callerOf({ host: "127.0.0.1:1", "x-api-key": "anything" }, { hasKeys: false });
  assert.deepEqual([local.user, local.keyId, local.tier], ["local", "loopback", "standard"]);
  assert.throws(() => callerOf({ host: "evil.example" }, { hasKeys: false }), GatewayError);
  assert.equal(callerOf({ host: "my.host" }, { hasKeys: false, trustedHosts: ["my.host"] }).user, "local");
});

test("a credential is known while it is in the list, and accepted until it expires", () => {
  const known = authenticator();
  const judged = ["ada", "old", "soon", "eve"].map((secret) => [known.knows(secret), known.accepts(secret, nowMs)]);
  assert.deepEqual(judged, [
    [true, true],
    [true, false],
    [true, true],
    [false, false],
  ]);
});

test("a bearer token is what follows the scheme", () => {
  assert.deepEqual(["Bearer a b", "BEARER x", "Bearerx", "x Bearer y", ""].map(bearerToken), ["a b", "x", "", "", ""]);
});

test("who a head is known to come from holds until the key expires, and for the keys of that moment alone", () => {
  const request = requestOf({ "x-api-key": "soon" });
  const before = authenticator();
  assert.equal(before.authenticate(request, nowMs).keyId, "key_soon");
  assert.equal(before.authenticate(request, nowMs).keyId, "key_soon");
  assert.throws(() => before.authenticate(request, nowMs + 1), /this key has expired/);
  const after = authenticator({ keys: keys.filter(({ id }) => id !== "key_soon") });
  assert.throws(() => after.authenticate(request, nowMs), /unknown or revoked key/);
  assert.equal(before.authenticate(request, nowMs).keyId, "key_soon");
});
