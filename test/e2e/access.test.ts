/** Who may call, and what a request that is wrong gets: through the whole router. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import type { BehaviourChange } from "../../src/simulation/behaviour.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const good = { model: "claude-sonnet-4-5", max_tokens: 16, messages: [{ role: "user", content: "hi" }] };

/** Takes fields that the simulation does not know. */
const tolerant: BehaviourChange = { isStrict: false };

async function start(t: CleansUp, settings: object = {}, behaviour: BehaviourChange = {}): Promise<LocalRouter> {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour });
  t.after(() => provider.close());
  return startLocalRouter(t, { providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } }, ...settings });
}

const keys = {
  auth: {
    adminKeyHash: sha256("admin-key"),
    keys: [
      { hash: sha256("key-of-ana"), user: "ana" },
      { hash: sha256("old-key"), user: "old", expires: "2020-01-01" },
      { hash: sha256("small-key"), user: "sam", allowedModels: ["claude-haiku-*"] },
    ],
  },
};

function post(
  router: LocalRouter,
  body: unknown,
  headers: Record<string, string> = {},
  path = "/v1/messages",
): Promise<Response> {
  return fetch(router.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers,
  });
}

async function errorOf(
  answer: Response,
): Promise<{ status: number; type: string; message: string; retry: string | null }> {
  const { error } = (await answer.json()) as { error: { type: string; message: string } };
  return { status: answer.status, ...error, retry: answer.headers.get("x-should-retry") };
}

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
    const router = await start(t, keys);
    assert.equal((await post(router, good, { authorization: "Bearer key-of-ana" })).status, 200);
    assert.equal((await post(router, good, { "x-api-key": "key-of-ana" })).status, 200);
    assert.equal(
      (await post(router, good, { "x-api-key": "key-of-ana", authorization: "Bearer something-else" })).status,
      200,
    );
  });

  test("a missing, unknown or expired key gets a 401 that the client does not retry", async (t) => {
    const router = await start(t, keys);
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

  test("whoever has no key is counted and fills neither ledger nor console nor traces", async (t) => {
    const router = await start(t, keys);
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

  test("a key is kept to its models, also by way of the subagent tag", async (t) => {
    const router = await start(t, keys);
    const headers = { "x-api-key": "small-key" };
    assert.equal((await post(router, { ...good, model: "claude-haiku-4-5" }, headers)).status, 200);
    assert.equal((await post(router, good, headers)).status, 403);
    const system = "<CCR-SUBAGENT-MODEL>claude-opus-4-1</CCR-SUBAGENT-MODEL>";
    assert.equal((await post(router, { ...good, model: "claude-haiku-4-5", system }, headers)).status, 403);
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
    assert.deepEqual(await asked("claude-haiku-4-5", both), [200, "paid"]);
    assert.deepEqual(await asked("claude-opus-4-1", both), [200, "anthropic"]);
    const [sent] = own.requests;
    assert.deepEqual([sent!.headers["authorization"], sent!.headers["x-api-key"]], [login.authorization, undefined]);
  });

  test("a provider that keeps to its list is asked for no other model, whatever leads to it", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic" });
    t.after(() => provider.close());
    const closed = { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "k", restrictModels: true };
    const providers = { closed: { ...closed, models: { "claude-haiku-4-5": {}, "claude-sonnet-4-5": {} } } };
    const wide = { "*": ["closed/*"] };
    for (const settings of [
      { routing: { rules: [{ name: "all", when: {}, to: "closed/*" }] } },
      { routing: { default: "closed/*" } },
      { routing: { scenarios: { subagent: "closed/*", think: "closed/*" }, unknownModel: "reject" } },
      { routing: { default: "closed/claude-haiku-4-5", fallbacks: wide, contextOverflow: "closed/*" } },
      { aliases: { "claude-*": "closed/*", small: "closed/*" }, routing: { unknownModel: "reject" } },
    ]) {
      const router = await startLocalRouter(t, { providers, ...settings });
      for (const model of ["claude-opus-5", "closed/claude-opus-5", "closed,claude-opus-5", "small", "gpt-6-sol"]) {
        await post(router, { ...good, model });
        const system = `<CCR-SUBAGENT-MODEL>${model}</CCR-SUBAGENT-MODEL>`;
        await post(router, { ...good, model, system, thinking: { type: "enabled", budget_tokens: 1024 } });
      }
      assert.equal((await post(router, good)).status, 200);
    }
    const asked = new Set(provider.requests.map(({ body }) => (body as { model: string }).model));
    assert.deepEqual([...asked].toSorted(), ["claude-haiku-4-5", "claude-sonnet-4-5"]);
  });

  test("a second model in the same request is refused: it could carry a call past a key's models", async (t) => {
    const router = await start(t, keys);
    const body = JSON.stringify({ ...good, model: "claude-haiku-4-5" }).replace(
      /}$/,
      ',"mod\\u0065l":"claude-opus-4-1"}',
    );
    const error = await errorOf(await post(router, body, { "x-api-key": "small-key" }));
    assert.equal(error.status, 400);
    assert.match(error.message, /model: given more than once/);
  });

  test("a key is kept to its models also where a request names further ones for the provider to call", async (t) => {
    const router = await start(t, keys, tolerant);
    const small = { ...good, model: "claude-haiku-4-5" };
    const advisor = { type: "advisor_20260301", name: "advisor", model: "claude-opus-5" };
    const addition = { type: "tool_addition", tool: { type: "tool_definition", definition: advisor } };
    const messages = [...good.messages, { role: "system", content: [addition] }];
    const [plain, late] = [JSON.stringify({ ...small, tools: [advisor] }), JSON.stringify({ ...small, messages })];
    const forbidden = [
      plain,
      plain.replace('"model":"claude-o', '"mod\\u0065l":"claude-o'),
      late,
      late.replace("tool_addition", "tool\\u005faddition"),
      JSON.stringify({ ...small, fallbacks: [{ model: "claude-opus-5" }] }),
      JSON.stringify({ ...small, fallbacks: "default" }),
      JSON.stringify({ ...small, models: ["claude-opus-5"] }),
    ];
    for (const body of forbidden) {
      const error = await errorOf(await post(router, body, { "x-api-key": "small-key" }));
      assert.deepEqual([error.status, error.type], [403, "permission_error"], body);
      assert.match(error.message, /may not ask for claude-(opus-5|\*); it may ask for claude-haiku-\*/);
    }
    for (const body of [
      plain.replace('"tools"', '"tools":[],"tools"'),
      plain.replace('"name":"advisor"', '"name":"advisor","max_uses":NaN'),
    ])
      assert.equal((await post(router, body, { "x-api-key": "small-key" })).status, 400);
    const own = { ...small, tools: [{ ...advisor, model: "claude-haiku-4-5" }] };
    const tagged = { ...small, tags: { model: "opus" }, metadata: { model: "opus" } };
    for (const body of [own, tagged])
      assert.equal((await post(router, body, { "x-api-key": "small-key" })).status, 200);
    for (const body of forbidden) assert.equal((await post(router, body, { "x-api-key": "key-of-ana" })).status, 200);
  });

  test("a key's models may be named as the provider's, and a provider of another dialect hears of none", async (t) => {
    const provider = await createSimulatedProvider({ kind: "openai", behaviour: tolerant });
    t.after(() => provider.close());
    const native = { kind: "anthropic", baseUrl: provider.origin, apiKey: "k" };
    const router = await startLocalRouter(t, {
      providers: { other: { kind: "openai", baseUrl: provider.baseUrl, apiKey: "k" }, native },
      routing: {
        rules: [{ name: "all", when: {}, to: "other/gpt-4.1" }],
        fallbacks: { "*": ["native/claude-haiku-4-5"] },
      },
      auth: { keys: [{ hash: sha256("k"), user: "ana", allowedModels: ["other/gpt-4.1*", "claude-haiku-4-5"] }] },
    });
    const chat = { model: "other/gpt-4.1", messages: good.messages };
    const ask = async (body: object, path?: string): Promise<number> =>
      (await post(router, body, { "x-api-key": "k" }, path)).status;
    assert.equal(await ask({ ...chat, models: ["gpt-4.1-mini"] }, "/v1/chat/completions"), 200);
    assert.equal(await ask({ ...chat, models: ["gpt-4.1-mini", "o3"] }, "/v1/chat/completions"), 403);
    assert.equal(await ask({ ...good, model: "claude-haiku-4-5", fallbacks: [{ model: "claude-opus-5" }] }), 200);
  });

  test("a provider that keeps to its list is not asked to call others either", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: tolerant });
    t.after(() => provider.close());
    const shared = { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "k" };
    const listed = { restrictModels: true, models: { "claude-haiku-4-5": {}, "claude-sonnet-4-5": {} } };
    const router = await startLocalRouter(t, {
      providers: { closed: { ...shared, ...listed }, open: shared },
      routing: { fallbacks: { "closed/claude-haiku-4-5": "open/claude-haiku-4-5" } },
    });
    const ask = (model: string, further: string): Promise<Response> =>
      post(router, { ...good, model, fallbacks: [{ model: further }] });
    const error = await errorOf(await ask("closed/claude-sonnet-4-5", "claude-opus-5"));
    assert.deepEqual([error.status, error.type], [404, "not_found_error"]);
    assert.match(error.message, /claude-opus-5 \(provider closed serves listed models only/);
    assert.equal((await ask("closed/claude-sonnet-4-5", "claude-haiku-4-5")).status, 200);
    const answer = await ask("closed/claude-haiku-4-5", "claude-opus-5");
    assert.deepEqual([answer.status, answer.headers.get("x-ccr-provider")], [200, "open"]);
  });

  test("operators need the admin key, callers' keys do not open their API", async (t) => {
    const router = await start(t, keys);
    const status = async (key: string): Promise<number> =>
      (await fetch(`${router.url}/api/status`, { headers: { "x-api-key": key } })).status;
    assert.equal(await status("admin-key"), 200);
    assert.equal(await status("key-of-ana"), 401);
    assert.equal(await status(""), 401);
  });

  test("without an admin key the operators' API is closed, not open", async (t) => {
    const router = await start(t, { auth: { keys: keys.auth.keys } });
    const answer = await fetch(`${router.url}/api/status`, { headers: { "x-api-key": "key-of-ana" } });
    assert.equal(answer.status, 403);
  });
});

describe("without keys", () => {
  test("any credential, or none, is good on this machine", async (t) => {
    const router = await start(t);
    assert.equal((await post(router, good)).status, 200);
    assert.equal((await post(router, good, { authorization: "Bearer whatever" })).status, 200);
  });

  for (const [what, headers] of [
    ["a foreign Host (DNS rebinding)", { host: "evil.example" }],
    ["a foreign Origin", { origin: "https://evil.example" }],
    ["an opaque Origin", { origin: "null" }],
  ] as const) {
    test(`${what} is refused, by the calls' paths and by the operators'`, async (t) => {
      const router = await start(t);
      for (const path of ["/v1/models", "/api/status", "/debug/connections"]) {
        const answer = await raw(router, "GET", path, headers);
        assert.equal(answer.status, 403, path);
      }
    });
  }

  test("figures and health are shown under this machine's names only (DNS rebinding); with keys under any", async (t) => {
    const [open, closed] = [await start(t), await start(t, keys)];
    for (const path of ["/metrics", "/health"]) {
      assert.equal((await raw(open, "GET", path, { host: "evil.example" })).status, 403, path);
      assert.equal((await raw(open, "GET", path, { host: "localhost" })).status, 200, path);
      assert.equal((await raw(closed, "GET", path, { host: "router.internal" })).status, 200, path);
    }
    assert.equal((await raw(open, "GET", "/livez", { host: "anything" })).status, 200);
  });

  test("a proxy that asks for another machine is refused", async (t) => {
    const router = await start(t);
    for (const path of ["/v1/models", "/api/status"]) {
      assert.equal((await raw(router, "GET", path, { "x-forwarded-for": "203.0.113.7" })).status, 403, path);
      assert.equal((await raw(router, "GET", path, { "x-forwarded-for": "127.0.0.1" })).status, 200, path);
    }
  });

  test("a host that others can reach is not listened on", async (t) => {
    await assert.rejects(start(t, { server: { host: "0.0.0.0" } }), /no key is configured/);
  });
});

/** As text: JSON.stringify itself gives up on so many. */
function nested(levels: number): string {
  return `${"[".repeat(levels)}${"]".repeat(levels)}`;
}

describe("requests that are wrong", () => {
  for (const [what, body, words] of [
    ["no JSON", "{invalid json", /byte 1/],
    ["a list", "[]", /not a JSON object/],
    ["nothing", "", /not a JSON object/],
    ["no model", { max_tokens: 1, messages: [] }, /model: a non-empty string/],
    ["a model longer than any name", { model: "é".repeat(257), messages: [] }, /model: longer than 512 bytes/],
    ["a model that is no string", { model: 5, messages: [] }, /model: a non-empty string/],
    ["no messages", { model: "claude-sonnet-4-5", max_tokens: 1 }, /messages: field required/],
    ["lists without end", `{"model":"m","messages":${nested(5_000)}}`, /more than 1000 levels deep/],
  ] as const) {
    test(`${what}: 400 that says what and where`, async (t) => {
      const router = await start(t);
      for (const path of ["/v1/messages", "/v1/chat/completions"]) {
        const error = await errorOf(await post(router, body, {}, path));
        assert.deepEqual([error.status, error.type], [400, "invalid_request_error"]);
        assert.match(error.message, words);
      }
    });
  }

  test("a body beyond the limit gets 413, whether announced, sent in chunks or hidden by compression", async (t) => {
    const { gzipSync } = await import("node:zlib");
    const router = await start(t, { server: { bodyLimitBytes: 2000 } });
    const large = JSON.stringify({ ...good, filler: "x".repeat(5000) });
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < large.length; at += 500) controller.enqueue(Buffer.from(large.slice(at, at + 500)));
        controller.close();
      },
    });
    const send = (body: string | Buffer | ReadableStream, headers = {}): Promise<Response> =>
      fetch(`${router.url}/v1/messages`, { method: "POST", body, headers, duplex: "half" });
    for (const answer of [
      await send(large),
      await send(chunked),
      await send(gzipSync(large), { "content-encoding": "gzip" }),
    ]) {
      const { type, message } = await errorOf(answer);
      assert.deepEqual([answer.status, type], [413, "request_too_large"]);
      assert.match(message, /larger than 2000 bytes \(server\.bodyLimitBytes\)/);
    }
  });

  test("an unknown encoding gets 415, a damaged one 400", async (t) => {
    const router = await start(t);
    for (const encoding of ["rot13", "constructor"]) {
      assert.equal((await post(router, good, { "content-encoding": encoding })).status, 415);
    }
    assert.equal((await post(router, good, { "content-encoding": "gzip" })).status, 400);
  });

  test("a wrong method gets 405 with the right one, an unknown path 404, in the client's shape", async (t) => {
    const router = await start(t);
    const answer = await fetch(`${router.url}/v1/messages`);
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"]);
    const nothing = await fetch(`${router.url}/nothing`, { headers: { "anthropic-version": "2023-06-01" } });
    assert.equal(nothing.status, 404);
    assert.equal(((await nothing.json()) as { type: string }).type, "error");
  });

  test("an endpoint of a provider's API that the router has not gets 501, which clients do not try again", async (t) => {
    const router = await start(t);
    for (const path of ["/v1/messages/batches", "/v1/files", "/v1/embeddings", "/v1/responses"]) {
      const answer = await post(router, {}, { "anthropic-version": "2023-06-01" }, path);
      const error = await errorOf(answer);
      assert.deepEqual([error.status, error.type, error.retry], [501, "not_supported", "false"]);
      assert.match(error.message, /asked at \/v1\/messages and \/v1\/chat\/completions/);
    }
  });

  test("a base URL with one /v1 too many, or without it, is told as that", async (t) => {
    const router = await start(t);
    for (const [path, status, hint] of [
      ["/v1/v1/messages", 501, /leave \/v1 off the client's base URL/],
      ["/chat/completions", 404, /end the client's base URL in \/v1/],
      ["/messages", 404, /end the client's base URL in \/v1/],
    ] as const) {
      const error = await errorOf(await post(router, good, {}, path));
      assert.equal(error.status, status);
      assert.match(error.message, hint);
    }
  });

  test("what is no HTTP gets an answer and its connection closed", async (t) => {
    const router = await start(t);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(router.port, router.host, () => socket.write("HELLO\r\n\r\n"));
      let received = "";
      socket.on("data", (chunk) => (received += chunk.toString()));
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    assert.match(text, /^HTTP\/1\.1 400 /);
  });

  test("a body that does not arrive in time ends with 408 and the connection", async (t) => {
    const router = await start(t, { server: { requestTimeoutMs: 100 } });
    const text = await new Promise<string>((resolve, reject) => {
      const head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
      const socket = connect(router.port, router.host, () => socket.write(head));
      let received = "";
      socket.on("data", (chunk) => (received += chunk.toString()));
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    assert.match(text, /^HTTP\/1\.1 408 /);
  });
});

describe("probes and models", () => {
  test("HEAD / and HEAD /api/hello answer 200", async (t) => {
    const router = await start(t, keys);
    assert.equal((await raw(router, "HEAD", "/", {})).status, 200);
    assert.equal((await raw(router, "HEAD", "/api/hello", {})).status, 200);
  });

  test("models come in the client's shape, and only those that the key allows", async (t) => {
    const router = await start(t, { ...keys, aliases: { "claude-haiku-best": "anthropic/claude-haiku-4-5" } });
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
    const router = await start(t, keys);
    for (const path of ["/livez", "/readyz", "/startupz", "/health", "/metrics"]) {
      assert.equal((await fetch(router.url + path)).status, 200, path);
    }
  });
});
