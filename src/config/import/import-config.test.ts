import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hashKey } from "../keys-file.ts";
import { parseConfig } from "../parse.ts";
import { formatProblem } from "../problem.ts";
import type { Config } from "../schema.ts";
import { parseForeignConfig } from "./foreign-config.ts";
import { formatImported, importConfig } from "./import-config.ts";
import type { ImportedConfig } from "./import-config.ts";

const folder = join(import.meta.dirname, "testdata");

function imported(source: unknown): ImportedConfig {
  const foreign = parseForeignConfig(typeof source === "string" ? source : JSON.stringify(source));
  assert.ok(foreign !== null);
  return importConfig(foreign);
}

function parsed(text: string): Config {
  const context = {
    environment: { DEEPSEEK_API_KEY: "from-environment" },
    folder,
    stateFolder: folder,
    readFile: () => undefined,
  };
  const result = parseConfig(text, context);
  if (result.kind === "bad") assert.fail(result.problems.map((one) => formatProblem(null, one)).join("\n"));
  return result.config;
}

const full = imported(readFileSync(join(folder, "full.config.json"), "utf8"));
const fullText = formatImported(full, "config.json");

test("a whole config.json becomes the ccr.yaml beside it (UPDATE=1 rewrites it)", () => {
  const file = join(folder, "full.expected.yaml");
  if (process.env["UPDATE"] === "1") writeFileSync(file, fullText);
  assert.equal(readFileSync(file, "utf8"), fullText);
});

test("what is written is valid, and says the same", () => {
  const { providers, routing, server, auth, logging } = parsed(fullText);
  assert.deepEqual([server.host, server.port, logging.level], ["0.0.0.0", 4567, "debug"]);
  assert.equal(auth.keys[0]?.hash, hashKey("my-router-key"));
  assert.equal(providers.deepseek?.keys[0]?.value, "from-environment");
  assert.equal(providers.deepseek.models["deepseek-chat"]?.traits.maxOutputTokens, 8192);
  assert.equal(providers.volcengine?.kind, "custom");
  assert.equal(providers.volcengine.traits.reasoningReturn, "reasoning_content");
  assert.deepEqual([providers["dash-scope"]?.kind, providers["dash-scope"]?.region], ["alibaba", "cn"]);
  assert.equal(providers["claude-mirror"]?.dialect, "anthropic-messages");
  assert.deepEqual([providers.openrouter?.proxy, providers.ollama?.proxy], ["http://127.0.0.1:7890", null]);
  assert.equal(providers.openrouter?.timeouts.totalMs, 600_000);
  assert.deepEqual(routing.default, ["deepseek/deepseek-chat", "volcengine/deepseek-r1-250528"]);
  assert.deepEqual(routing.scenarios.think, ["deepseek/deepseek-reasoner", "openrouter/moonshotai/kimi-k2"]);
  assert.equal(routing.scenarios.longContext?.thresholdTokens, 80_000);
});

test("everything that could not be taken over is named", () => {
  const all = full.notes.join("\n");
  for (const name of [
    "tooluse",
    "enhancetool",
    "openrouter: ",
    "CUSTOM_ROUTER_PATH",
    "transformers",
    "gone,gemini",
    "dash-scope",
    "has no api_key",
  ]) {
    assert.ok(all.includes(name), name);
  }
});

test("no note holds a key", () => {
  for (const secret of ["sk-or-1", "sk-volc", "sk-mirror", "my-router-key"]) {
    assert.ok(!full.notes.join("\n").includes(secret), secret);
  }
});

test("names of the other versions and pages are understood", () => {
  const { settings } = imported({
    providers: [
      {
        NAME: "groq",
        HOST: "https://api.groq.com/openai/v1",
        APIKEY: "k",
        MODELS: ["llama"],
        transformers: ["anthropic"],
      },
    ],
    Router: {},
  });
  assert.deepEqual(settings.providers, { groq: { apiKey: "k", models: ["llama"] } });
});

test("OpenAI's Responses API stays the one that a provider is called by", () => {
  const { settings, notes } = imported({
    Providers: [
      {
        name: "corp",
        api_base_url: "https://llm.corp/v1/responses",
        api_key: "k",
        models: ["gpt-5.2-codex"],
        transformer: { use: ["openai-response"] },
      },
    ],
  });
  const { corp } = settings.providers as Record<string, { readonly traits: unknown }>;
  assert.deepEqual(corp!.traits, { responsesApi: "always" });
  assert.doesNotMatch(notes.join("\n"), /Responses/);
});

test("HOST without an APIKEY opens nothing, as it did before", () => {
  const { settings, notes } = imported({
    HOST: "0.0.0.0",
    Providers: [
      { name: "openai", api_base_url: "https://api.openai.com/v1/chat/completions", api_key: "${K}", models: [] },
    ],
  });
  assert.equal(settings.server, undefined);
  assert.match(notes.join("\n"), /HOST: /);
});

test("blanks around a name, an address or a key belong to none of them", () => {
  const { settings } = imported({
    Providers: [{ name: " groq", api_base_url: " https://api.groq.com/openai/v1\n", api_key: "k\n", models: [] }],
  });
  assert.deepEqual(settings.providers, { groq: { apiKey: "k" } });
});

test("a literal key that looks like a reference stays literal", () => {
  const { settings } = imported({
    Providers: [{ name: "openai", api_base_url: "https://api.openai.com/v1", api_key: "a${b}c", models: [] }],
  });
  assert.deepEqual(settings.providers, { openai: { apiKey: "a$${b}c" } });
});

test("JSON5 without a space behind a colon is read, and of two equal names the last counts", () => {
  const provider = "{name:'groq',api_base_url:\"https://api.groq.com/openai/v1\",api_key:'k:1',models:['m',],}";
  const { settings, notes } = imported(`{PORT:1,"PORT":4567,Providers:[${provider}]} // end`);
  assert.deepEqual(settings, { server: { port: 4567 }, providers: { groq: { apiKey: "k:1", models: ["m"] } } });
  assert.deepEqual(notes, []);
});

test("a variable within an address is a reference here too", () => {
  const { settings } = imported({
    Providers: [{ name: "corp", api_base_url: "https://${LLM_HOST}/v1", api_key: "k", models: ["m"] }],
  });
  assert.equal((settings.providers as Record<string, { baseUrl: string }>).corp!.baseUrl, "https://${LLM_HOST}/v1");
});

test("what the check of the file would refuse is left out and named, without its value", () => {
  const { settings, notes } = imported({
    PORT: 99_999,
    LOG_LEVEL: "verbose",
    PROXY_URL: "socks5://127.0.0.1:1080",
    API_TIMEOUT_MS: "9e12",
    Providers: [
      {
        name: "groq",
        api_base_url: "https://api.groq.com/openai/v1",
        api_key: "secret-ü",
        models: ["", "m"],
        transformer: { use: [["maxtoken", { max_tokens: 0 }]] },
      },
    ],
    Router: { default: "groq,m", longContext: "groq,m", longContextThreshold: -5 },
  });
  parsed(formatImported({ settings, notes }, "config.json"));
  const all = notes.join("\n");
  for (const name of ["server.port", "logging.level", "PROXY_URL", "API_TIMEOUT_MS", "groq.apiKey", "models[0]"]) {
    assert.ok(all.includes(name), name);
  }
  assert.match(all, /maxOutputTokens: .*; left out/);
  assert.match(all, /thresholdTokens: .*; left out/);
  assert.doesNotMatch(all, /secret/);
});

test("nothing is dropped without a word, save comments", () => {
  const { notes } = imported({
    "// how": "to",
    Providers: [
      { "// cheap": "", name: "a", api_base_url: "https://a.b/v1", api_key: "k", models: ["m"], tokenizer: {} },
    ],
    Router: { "// main": "", default: "a,m", think: ["a,m"], webSearch: "a," },
    fallback: { image: ["a,m"] },
  });
  assert.deepEqual(notes, [
    "Providers.a: tokenizer: is not known here",
    'Router.think: is no "provider,model"',
    'Router.webSearch: "a," names no model',
    "fallback.image: Router.image names no model that it could stand in for",
  ]);
});

test("a port and a time limit may stand in variables", () => {
  const { settings } = imported({
    PORT: "$CCR_OLD_PORT",
    API_TIMEOUT_MS: "${LIMIT}",
    Providers: [{ name: "groq", api_base_url: "https://api.groq.com/openai/v1", api_key: "k", models: "m" }],
  });
  assert.deepEqual(settings, {
    server: { port: "${CCR_OLD_PORT}" },
    providers: { groq: { apiKey: "k", models: ["m"], timeouts: { totalMs: "${LIMIT}" } } },
  });
});

test("what is no JSON object is no such file", () => {
  assert.equal(parseForeignConfig("[1]"), null);
  assert.equal(parseForeignConfig("{ a: "), null);
});
