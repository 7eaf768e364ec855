/** Who may call, with keys and without: through the whole router. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { describe, test } from "node:test";
import { addKey, revokeKey } from "../../src/config/keys-file.ts";
import { noLimits } from "../../src/core/caller.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { errorOf, good, keys, post, startAccessRouter } from "./access-router.ts";

/** A request with headers that fetch would not let through. */
function raw(
  router: LocalRouter,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(router.url + path, { method, headers, agent: false }, (answer) => {
      let body = "";
      answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

describe("with keys", () => {
  test("a key opens the router as bearer token and as x-api-key", async (t) => {
    const router = await startAccessRouter(t, keys);
    assert.equal((await post(router, good, { authorization: "Bearer key-of-ana" })).status, 200);
    assert.equal((await post(router, good, { "x-api-key": "key-of-ana" })).status, 200);
    assert.equal(
      (await post(router, good, { "x-api-key": "key-of-ana", authorization: "Bearer something-else" })).status,
      200,
    );
  });

  test("a missing, unknown or expired key gets a 401 that the client does not retry", async (t) => {
    const router = await startAccessRouter(t, keys);
    for (const [headers, words] of [
      [{}, /no key/],
      [{ "x-api-key": "guess" }, /unknown or revoked/],
      [{ "x-api-key": "old-key" }, /expired/],
    ] as const) {
      const error = await errorOf(await post(router, good, headers));
      assert.deepEqual([error.status, error.type, error.retry], [401, "authentication_error", "false"]);
      assert.match(error.message, words);
    }
  });

  test("an operators' key that has expired opens nothing, and leaves nothing open", async (t) => {
    const keysFile = join(createTemporaryFolder(t), "keys.json");
    const about = { user: "operator", team: null, tier: "standard", allowedModels: null, limits: noLimits };
    const make = (expiresAtMs: number | null) => addKey(keysFile, { ...about, isAdmin: true, expiresAtMs }, 1);
    const [{ key: expired }, { key: lasting }] = [await make(2), await make(null)];
    const router = await startAccessRouter(t, { auth: { keysFile } });
    const ask = (headers: Record<string, string>): Promise<Response> => fetch(`${router.url}/api/calls`, { headers });
    const refused = await errorOf(await ask({ "x-api-key": expired }));
    assert.deepEqual([refused.status, refused.message], [401, "this key has expired"]);
    assert.equal((await ask({})).status, 401);
    assert.equal((await ask({ "x-api-key": expired, authorization: `Bearer ${lasting}` })).status, 200);
  });

  test("an operators' key that was revoked leaves the operators' API closed, also where it was the last one", async (t) => {
    const keysFile = join(createTemporaryFolder(t), "keys.json");
    const about = { user: "operator", team: null, tier: "standard", allowedModels: null, limits: noLimits };
    const { stored } = await addKey(keysFile, { ...about, isAdmin: true, expiresAtMs: null }, 1);
    await revokeKey(keysFile, stored.id, 2);
    const router = await startAccessRouter(t, { auth: { keysFile } });
    const refused = await errorOf(await fetch(`${router.url}/api/calls`));
    assert.equal(refused.status, 403);
    assert.match(refused.message, /no admin key is in force/);
  });

  test("whoever has no key is counted and fills neither ledger nor console nor traces", async (t) => {
    const router = await startAccessRouter(t, keys);
    for (const headers of [{}, { "x-api-key": "guess" }, { "x-api-key": "old-key" }] as const)
      assert.equal((await post(router, good, headers)).status, 401);
    assert.equal((await post(router, good, { "x-api-key": "key-of-ana" })).status, 200);
    const read = async (path: string): Promise<Response> =>
      fetch(router.url + path, { headers: { "x-api-key": "admin-key" } });
    const json = async <Body>(path: string): Promise<Body> => (await (await read(path)).json()) as Body;
    const users = async (): Promise<string[]> =>
      (await json<{ calls: readonly { user: string }[] }>("/api/calls")).calls.map(({ user }) => user);
    await waitUntil("the served call is in the ledger", async () => (await users()).includes("ana"));
    assert.deepEqual(await users(), ["ana"]);
    const { activity } = await json<{ activity: { failedShare: number } }>("/api/overview");
    assert.equal(activity.failedShare, 0);
    assert.doesNotMatch(await (await read("/debug/traces")).text(), /caller_authentication_failed/);
    assert.match(
      await (await read("/metrics")).text(),
      /^ccr_errors_total\{error_type="caller_authentication_failed"\} 3$/m,
    );
  });

  test("a prompt that does not fit carries nobody without a key to a provider that the router pays", async (t) => {
    const [own, paid] = [
      await createSimulatedProvider({ kind: "anthropic", behaviour: { contextTokens: 5 } }),
      await createSimulatedProvider({ kind: "anthropic" }),
    ];
    t.after(() => Promise.all([own.close(), paid.close()]));
    const router = await startLocalRouter(t, {
      providers: {
        anthropic: { baseUrl: own.baseUrl, credentials: "passthrough" },
        paid: { kind: "anthropic", baseUrl: paid.baseUrl, apiKey: "the router's" },
      },
      routing: { contextOverflow: "paid/claude-sonnet-4-5" },
      ...keys,
    });
    const error = await errorOf(await post(router, good, { authorization: "Bearer sk-ant-oat01-mine" }));
    assert.deepEqual([error.status, paid.requests.length], [400, 0]);
    assert.match(error.message, /^prompt is too long/);
    const answer = await post(router, good, { "x-api-key": "key-of-ana" });
    assert.deepEqual([answer.status, answer.headers.get("x-ccr-provider")], [200, "paid"]);
  });

  test("with a key beside its own login a client is the key's owner: all providers serve, none sees the key", async (t) => {
    const [own, paid] = [
      await createSimulatedProvider({ kind: "anthropic" }),
      await createSimulatedProvider({ kind: "anthropic" }),
    ];
    t.after(() => Promise.all([own.close(), paid.close()]));
    const router = await startLocalRouter(t, {
      providers: {
        anthropic: { baseUrl: own.baseUrl, credentials: "passthrough" },
        paid: { kind: "anthropic", baseUrl: paid.baseUrl, apiKey: "the router's" },
      },
      routing: { rules: [{ name: "small", when: { model: "*haiku*" }, to: "paid/claude-haiku-4-5" }] },
      ...keys,
    });
    const login = { authorization: "Bearer sk-ant-oat01-mine" };
    const both = { ...login, "x-api-key": "key-of-ana" };
    const asked = async (model: string, headers: Readonly<Record<string, string>>): Promise<unknown[]> => {
      const answer = await post(router, { ...good, model }, headers);
      await answer.arrayBuffer();
      return [answer.status, answer.headers.get("x-ccr-provider")];
    };
    assert.deepEqual(await asked("claude-haiku-4-5", login), [401, null]);
    const refusal = await errorOf(await post(router, { ...good, model: "claude-haiku-4-5" }, login));
    assert.match(refusal.message, /a key of this router only: send yours as x-api-key, beside your own login$/);
    assert.deepEqual(await asked("claude-haiku-4-5", both), [200, "paid"]);
    assert.deepEqual(await asked("claude-opus-4-1", both), [200, "anthropic"]);
    const [sent] = own.requests;
    assert.deepEqual([sent!.headers["authorization"], sent!.headers["x-api-key"]], [login.authorization, undefined]);
  });

  test("operators need the admin key, callers' keys do not open their API", async (t) => {
    const router = await startAccessRouter(t, keys);
    const status = async (key: string): Promise<number> =>
      (await fetch(`${router.url}/api/status`, { headers: { "x-api-key": key } })).status;
    assert.equal(await status("admin-key"), 200);
    assert.equal(await status("key-of-ana"), 401);
    assert.equal(await status(""), 401);
  });

  test("without an admin key the operators' API is closed, not open", async (t) => {
    const router = await startAccessRouter(t, { auth: { keys: keys.auth.keys } });
    const answer = await fetch(`${router.url}/api/status`, { headers: { "x-api-key": "key-of-ana" } });
    assert.equal(answer.status, 403);
  });
});

describe("without keys", () => {
  test("any credential, or none, is good on this machine", async (t) => {
    const router = await startAccessRouter(t);
    assert.equal((await post(router, good)).status, 200);
    assert.equal((await post(router, good, { authorization: "Bearer whatever" })).status, 200);
  });

  for (const [what, headers] of [
    ["a foreign Host (DNS rebinding)", { host: "evil.example" }],
    ["a foreign Origin", { origin: "https://evil.example" }],
    ["an opaque Origin", { origin: "null" }],
  ] as const) {
    test(`${what} is refused, by the calls' paths and by the operators'`, async (t) => {
      const router = await startAccessRouter(t);
      for (const path of ["/v1/models", "/api/status", "/debug/connections"]) {
        const answer = await raw(router, "GET", path, headers);
        assert.equal(answer.status, 403, path);
      }
    });
  }

  test("figures and health are shown under this machine's names only (DNS rebinding); with keys under any", async (t) => {
    const [open, closed] = [await startAccessRouter(t), await startAccessRouter(t, keys)];
    for (const path of ["/metrics", "/health"]) {
      assert.equal((await raw(open, "GET", path, { host: "evil.example" })).status, 403, path);
      assert.equal((await raw(open, "GET", path, { host: "localhost" })).status, 200, path);
      assert.equal((await raw(closed, "GET", path, { host: "router.internal" })).status, 200, path);
    }
    assert.equal((await raw(open, "GET", "/livez", { host: "anything" })).status, 200);
  });

  test("a proxy that asks for another machine is refused", async (t) => {
    const router = await startAccessRouter(t);
    for (const path of ["/v1/models", "/api/status"]) {
      assert.equal((await raw(router, "GET", path, { "x-forwarded-for": "203.0.113.7" })).status, 403, path);
      assert.equal((await raw(router, "GET", path, { "x-forwarded-for": "127.0.0.1" })).status, 200, path);
    }
  });

  test("a host that others can reach is not listened on", async (t) => {
    await assert.rejects(startAccessRouter(t, { server: { host: "0.0.0.0" } }), /no key is configured/);
  });
});

describe("probes and models", () => {
  test("HEAD / and HEAD /api/hello answer 200", async (t) => {
    const router = await startAccessRouter(t, keys);
    assert.equal((await raw(router, "HEAD", "/", {})).status, 200);
    assert.equal((await raw(router, "HEAD", "/api/hello", {})).status, 200);
  });

  test("models come in the client's shape, and only those that the key allows", async (t) => {
    const router = await startAccessRouter(t, {
      ...keys,
      aliases: { "claude-haiku-best": "anthropic/claude-haiku-4-5" },
    });
    const list = async (
      headers: Record<string, string>,
    ): Promise<{ data: { id: string; display_name?: string; object?: string }[] }> =>
      (await (await fetch(`${router.url}/v1/models?limit=1000`, { headers })).json()) as never;
    const anthropic = await list({ "x-api-key": "key-of-ana", "anthropic-version": "2023-06-01" });
    assert.ok(anthropic.data.every((model) => typeof model.display_name === "string"));
    assert.ok(anthropic.data.some((model) => model.id === "claude-haiku-best"));
    const openai = await list({ authorization: "Bearer key-of-ana" });
    assert.ok(openai.data.every((model) => model.object === "model"));
    const small = await list({ "x-api-key": "small-key" });
    assert.deepEqual(
      small.data.filter((model) => !model.id.startsWith("claude-haiku-")),
      [],
    );
  });

  test("probes of supervisors need no key", async (t) => {
    const router = await startAccessRouter(t, keys);
    for (const path of ["/livez", "/readyz", "/startupz", "/health", "/metrics"]) {
      assert.equal((await fetch(router.url + path)).status, 200, path);
    }
  });
});
