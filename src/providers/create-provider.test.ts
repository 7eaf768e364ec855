import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { Dialect } from "../core/dialect.ts";
import { createProvider } from "./create-provider.ts";
import type { ProviderSettings } from "./create-provider.ts";
import type { Provider } from "./provider.ts";

const keyless: ProviderSettings = {
  kind: "openai",
  baseUrl: null,
  region: null,
  dialect: null,
  keys: [],
  credentials: "configured",
  models: {},
  restrictModels: false,
  headers: {},
  proxy: null,
  caFile: null,
  traits: {},
  timeouts: { connectMs: 1_000, firstByteMs: 1_000, betweenBytesMs: 1_000, totalMs: 10_000 },
  maxSockets: 4,
};
const settings: ProviderSettings = { ...keyless, keys: [{ name: "key-1", value: "sk-1", weight: 1 }] };

function make(changes: Partial<ProviderSettings>, variables: Record<string, string> = {}): Provider {
  return createProvider("mine", { ...settings, ...changes }, variables);
}

function paths(provider: Provider, dialect: Dialect): (string | null)[] {
  const operations = ["messages", "count-tokens", "chat-completions", "models"] as const;
  return operations.map((operation) => provider.path(operation, dialect, ""));
}

describe("paths", () => {
  test("of Anthropic keep the client's query", () => {
    const provider = make({ kind: "anthropic" });
    assert.equal(provider.path("messages", "anthropic-messages", "?beta=true"), "/v1/messages?beta=true");
    assert.deepEqual(paths(provider, "anthropic-messages"), [
      "/v1/messages",
      "/v1/messages/count_tokens",
      null,
      "/v1/models",
    ]);
    assert.deepEqual(paths(provider, "openai-chat"), [null, null, null, null]);
  });

  test("of a provider with two dialects lie under its root", () => {
    const provider = make({ kind: "deepseek" });
    assert.deepEqual(provider.dialects, ["anthropic-messages", "openai-chat"]);
    assert.equal(provider.path("messages", "anthropic-messages", ""), "/anthropic/v1/messages");
    assert.deepEqual(paths(provider, "openai-chat"), [null, null, "/chat/completions", "/models"]);
  });

  const given: readonly [Partial<ProviderSettings>, Dialect, string][] = [
    [{ baseUrl: "https://gw.example" }, "openai-chat", "/v1/chat/completions"],
    [{ baseUrl: "https://gw.example/openai/v1/" }, "openai-chat", "/openai/v1/chat/completions"],
    [{ baseUrl: "https://gw.example/team/openai" }, "openai-chat", "/team/openai/chat/completions"],
    [{ baseUrl: "https://gw.example/v1/chat/completions" }, "openai-chat", "/v1/chat/completions"],
    [{ baseUrl: "https://gw.example/v1/responses" }, "openai-chat", "/v1/chat/completions"],
    [{ kind: "groq", baseUrl: "https://gw.example" }, "openai-chat", "/openai/v1/chat/completions"],
    [{ kind: "anthropic", baseUrl: "https://gw.example/a" }, "anthropic-messages", "/a/v1/messages"],
    [{ kind: "anthropic", baseUrl: "https://gw.example/a/v1" }, "anthropic-messages", "/a/v1/messages"],
    [{ kind: "anthropic", baseUrl: "https://gw.example/v1/messages" }, "anthropic-messages", "/v1/messages"],
    [{ kind: "ollama", baseUrl: "http://gpu:1" }, "anthropic-messages", "/v1/messages"],
    [{ kind: "ollama", baseUrl: "http://gpu:1/v1" }, "anthropic-messages", "/v1/messages"],
    [{ kind: "ollama", baseUrl: "http://gpu:1/o/v1" }, "openai-chat", "/o/v1/chat/completions"],
    [{ kind: "deepseek", baseUrl: "https://gw.example/d/anthropic" }, "anthropic-messages", "/d/anthropic/v1/messages"],
    [{ kind: "deepseek", baseUrl: "https://gw.example/d/anthropic" }, "openai-chat", "/d/chat/completions"],
    [
      { kind: "deepseek", baseUrl: "https://gw.example/x", dialect: "openai-chat" },
      "openai-chat",
      "/x/chat/completions",
    ],
    [{ kind: "custom", baseUrl: "http://host:8000", dialect: "openai-chat" }, "openai-chat", "/v1/chat/completions"],
    [
      { kind: "custom", baseUrl: "http://host:8000/api/paas/v4", dialect: "openai-chat" },
      "openai-chat",
      "/api/paas/v4/chat/completions",
    ],
    [
      { kind: "custom", baseUrl: "http://host:8000/anthropic", dialect: "anthropic-messages" },
      "anthropic-messages",
      "/anthropic/v1/messages",
    ],
  ];
  for (const [changes, dialect, path] of given) {
    test(`${changes.kind ?? "openai"} at ${changes.baseUrl} in ${dialect}: ${path}`, () => {
      const operation = dialect === "openai-chat" ? "chat-completions" : "messages";
      assert.equal(make(changes).path(operation, dialect, ""), path);
    });
  }
});

describe("credentials", () => {
  const headersOf = (provider: Provider): unknown => {
    const taken = provider.credentials.take(0, []);
    return taken.kind === "taken" ? [taken.credential.name, taken.credential.headers] : taken;
  };

  test("go out as the provider wants them", () => {
    assert.deepEqual(headersOf(make({})), ["key-1", { authorization: "Bearer sk-1" }]);
    assert.deepEqual(headersOf(make({ kind: "anthropic" })), ["key-1", { "x-api-key": "sk-1" }]);
  });

  test("come from the environment where the settings have none", () => {
    const provider = make({ keys: [] }, { OPENAI_API_KEY: " sk-env " });
    assert.deepEqual(headersOf(provider), ["OPENAI_API_KEY", { authorization: "Bearer sk-env" }]);
  });

  test("are missed with the variable's name, but not for a server of one's own", () => {
    assert.throws(() => make({ keys: [] }), /^Error: providers\.mine: no key.*OPENAI_API_KEY/);
    assert.deepEqual(headersOf(make({ kind: "ollama", keys: [] })), ["none", {}]);
  });

  test("can be left to the client, or left out", () => {
    assert.equal(make({ credentials: "passthrough" }).isPassthrough, true);
    assert.deepEqual(headersOf(make({ credentials: "passthrough" })), ["passthrough", {}]);
    assert.deepEqual(headersOf(make({ credentials: "none" })), ["none", {}]);
  });
});

describe("traits", () => {
  test("are the defaults, the entry's, the model's, then the configuration's", () => {
    const provider = make({
      traits: { hasFiles: false, systemRole: "system" },
      models: { "gpt-5": { contextTokens: 1_234, maxOutputTokens: null, traits: { systemRole: "developer" } } },
    });
    const traits = provider.traits("gpt-5");
    assert.deepEqual(traits.target, { provider: "mine", model: "gpt-5" });
    assert.equal(traits.tokenLimitField, "max_completion_tokens");
    assert.equal(traits.hasSamplingParameters, false);
    assert.equal(traits.hasFiles, false);
    assert.equal(traits.systemRole, "developer");
    assert.equal(traits.contextTokens, 1_234);
    assert.equal(provider.traits("gpt-4.1").systemRole, "system");
    assert.equal(provider.traits("gpt-4.1").hasSamplingParameters, true);
    assert.equal(provider.traits("gpt-5"), traits);
  });

  test("listed models replace the entry's, and the first of them is the default", () => {
    const none = { contextTokens: null, maxOutputTokens: null, traits: {} };
    const provider = make({ models: { "my-model": none, "other-model": none }, restrictModels: true });
    assert.deepEqual(provider.models, ["my-model", "other-model"]);
    assert.deepEqual(provider.defaultModels, { main: "my-model", small: "my-model" });
    assert.equal(provider.restrictsModels, true);
    assert.ok(make({}).models.length > 0);
  });
});

describe("what cannot be", () => {
  const refused: readonly [Partial<ProviderSettings>, RegExp][] = [
    [{ kind: "grok" }, /^Error: providers\.mine\.kind: "grok" is unknown; known: anthropic, openai/],
    [{ kind: "custom" }, /^Error: providers\.mine\.dialect: is needed/],
    [{ kind: "custom", dialect: "openai-chat" }, /^Error: providers\.mine: `baseUrl` is needed/],
    [{ kind: "groq", dialect: "anthropic-messages" }, /^Error: providers\.mine\.dialect: Groq does not speak/],
    [{ region: "mars" }, /^Error: providers\.mine: region "mars" is unknown; known: eu/],
    [{ kind: "groq", region: "eu" }, /there are none/],
    [{ caFile: "/does/not/exist.pem" }, /^Error: providers\.mine: ENOENT/],
  ];
  for (const [changes, message] of refused) {
    test(`${JSON.stringify(changes)} is refused by its setting`, () => {
      assert.throws(() => make(changes), message);
    });
  }
});

test("a provider is called with its fixed headers over its own connections", async () => {
  const server = createServer((incoming, outgoing) => outgoing.end(`${incoming.method} ${incoming.url}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = make({ kind: "ollama", baseUrl, keys: [], headers: { "x-team": "blue" } });
  assert.deepEqual(provider.headers, { "anthropic-version": "2023-06-01", "x-team": "blue" });
  const path = provider.path("models", "openai-chat", "") ?? "";
  const { timeouts, headers } = provider;
  const exchange = provider.upstream.send({ method: "GET", path, headers, body: null, timeouts });
  const answer = await exchange.answer;
  let text = "";
  await new Promise<void>((resolve, reject) => {
    answer.receive({ onData: (chunk) => (text += Buffer.from(chunk).toString()), onEnd: resolve, onError: reject });
  });
  assert.equal(text, "GET /v1/models");
  await provider.close();
  await new Promise((resolve) => server.close(resolve));
});
