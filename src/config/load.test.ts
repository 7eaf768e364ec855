import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { loadConfig } from "./load.ts";
import { ConfigError } from "./problem.ts";
import type { Config } from "./schema.ts";

const root = mkdtempSync(join(tmpdir(), "ccr-load-"));
after(() => rmSync(root, { recursive: true, force: true }));

let folder = "";
let home = "";
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  home = join(folder, "home");
  mkdirSync(home, { recursive: true });
});

function load(environment: Record<string, string> = {}, path?: string): ReturnType<typeof loadConfig> {
  return loadConfig({ environment: { CCR_HOME: home, ...environment }, folder, path });
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const port = (value: number): string => `server: { port: ${value} }`;

test("without a file the defaults hold, and files of the program go to the state folder", () => {
  const { config, path, stateFolder } = load();
  assert.equal(path, null);
  assert.equal(stateFolder, home);
  assert.equal(config.logging.file, join(home, "logs/error.log"));
});

test("--config wins over CCR_CONFIG, that over the working folder, that over the state folder", () => {
  write("home/ccr.yaml", port(1));
  assert.equal(load().config.server.port, 1);
  write("ccr.json", '{"server": {"port": 2}}');
  assert.equal(load().config.server.port, 2);
  write("ccr.yaml", port(3));
  assert.equal(load().config.server.port, 3);
  write("named.yaml", port(4));
  assert.equal(load({ CCR_CONFIG: "named.yaml" }).config.server.port, 4);
  write("asked.yaml", port(5));
  assert.equal(load({ CCR_CONFIG: "named.yaml" }, "asked.yaml").config.server.port, 5);
});

test("a file that is named must be there; the error says which variable named it", () => {
  assert.throws(() => load({ CCR_CONFIG: "none.yaml" }), /none\.yaml.*does not exist \(named by CCR_CONFIG\)/);
  assert.throws(() => load({}, "."), /cannot be read: it is a folder, not a file \(EISDIR\)$/);
  assert.throws(() => load({}, "none.yaml"), /none\.yaml: the file does not exist$/);
});

test("what Windows' editors write is read as it is meant: a mark before the text, and their line ends", () => {
  write(".env", "\uFEFFFIRST=4001\r\nSECOND=4002\r\n");
  write("ccr.yaml", "\uFEFFserver:\r\n  port: ${FIRST}\r\n  bodyLimitBytes: ${SECOND}\r\n");
  const { server } = load().config;
  assert.deepEqual([server.port, server.bodyLimitBytes], [4001, 4002]);
});

test(".env adds variables and never overrides one of the environment", () => {
  write(".env", "FROM_FILE=4001\nBOTH=4002\nCCR_PORT=4003\n");
  write("ccr.yaml", "server: { host: '${FROM_FILE}', bodyLimitBytes: '${BOTH}' }");
  const { config, environment } = load({ BOTH: "9999" });
  assert.equal(config.server.host, "4001");
  assert.equal(config.server.bodyLimitBytes, 9999);
  assert.equal(config.server.port, 4003);
  assert.equal(environment.FROM_FILE, "4001");
});

test("paths of the file count from its folder, and files that it needs must exist", () => {
  write("route.ts", "");
  write("ccr.yaml", "routing: { module: ./route.ts }");
  assert.equal(load().config.routing.module, join(folder, "route.ts"));
  write("ccr.yaml", "routing: { module: ./gone.ts }");
  assert.throws(
    load,
    (error) => error instanceof ConfigError && /routing\.module: .*gone\.ts does not exist/.test(error.message),
  );
});

test("secrets come from files beside the configuration", () => {
  write("key.txt", "sk-1\n");
  write("ccr.yaml", "providers: { openai: { apiKey: '${file:key.txt}' } }");
  assert.equal(load().config.providers.openai?.keys[0]?.value, "sk-1");
});

test("whoever asks for some sections gets them where others lack a variable, and reads of it where these cannot do without", () => {
  const text =
    "auth: { keysFile: '${KEYS:-k.json}' }\nproviders: { openai: { apiKey: '${GONE}' } }\nredis: { url: '${GONE}' }\n";
  write("ccr.yaml", text);
  const environment = { CCR_HOME: home };
  const { config } = loadConfig({ environment, folder, needed: ["auth"] });
  assert.equal(config.auth.keysFile, join(folder, "k.json"));
  assert.deepEqual([config.providers.openai?.keys, config.redis], [[], null]);
  const ask = (needed: readonly (keyof Config)[]): unknown => loadConfig({ environment, folder, needed });
  assert.throws(() => ask(["redis"]), /redis\.url: the environment variable GONE is not set/);
  write("ccr.yaml", "aliases: { fast: '${GONE}' }\nrouting: { default: fast }\nproviders: { openai: {} }\n");
  assert.throws(() => ask(["auth"]), /aliases\.fast: the environment variable GONE is not set/);
});

test("what makes a .json file unreadable is told as JSON's, with line and column, and quotes nothing of it", () => {
  const told = (text: string): string => {
    write("ccr.json", text);
    let message = "";
    assert.throws(load, (error) => error instanceof ConfigError && (message = error.message) !== "");
    return message.slice(folder.length + 1);
  };
  const secret = '"apiKey": "hush"';
  for (const [text, problem] of [
    [`{\n  ${secret}\n  "b": 1\n}`, "ccr.json:3:3 is no valid JSON: Expected ',' or '}' after property value"],
    [`{\n  ${secret},\n  "b": [1, 2}\n`, "ccr.json:3:13 is no valid JSON: Expected ',' or ']' after array element"],
    [`{\n  ${secret}\n}\n{}`, "ccr.json:4:1 is no valid JSON: Unexpected non-whitespace character after JSON"],
    [`{\n  ${secret},\n  "server": {`, "ccr.json:3:14 is no valid JSON: it ends too early, with something left open"],
  ] as const) {
    assert.equal(told(text), problem);
  }
  // Where JSON's parser names no place, the place is the other one's.
  assert.match(told(`{\n  ${secret},\n  "a": "b" c: "d"\n}`), /^ccr\.json:\d+:\d+ is no valid JSON: (?!.*hush)/);
  assert.match(
    told(`{ "server": { "port": 1 }, "server": {} }`),
    /^ccr\.json:1:28 is no valid JSON: this name stands for the second/,
  );
});

test("a comment in a .json file is told as one, wherever YAML would take it for something else", () => {
  for (const [text, place] of [
    ['// mine\n{\n  "server": {}\n}', "1:1"],
    ['// mine { "server": {} }', "1:1"],
    ['{ // mine\n  "server": {}\n}', "1:3"],
    ['{\n  "server": { "host": "::1" } /* "mine" */\n}', "2:31"],
    ['{ "server": { "host": "http://\\"//", // mine\n "port": 1 } }', "1:38"],
  ] as const) {
    write("ccr.json", text);
    assert.throws(load, (error) =>
      (error as Error).message.includes(`ccr.json:${place} is no valid JSON: JSON knows no comments`),
    );
  }
  write("ccr.json", '{ "providers": { "ollama": { "baseUrl": "http://127.0.0.1:1/v1" } } }');
  assert.equal(load().config.providers.ollama?.baseUrl, "http://127.0.0.1:1/v1");
});

test("a config.json of claude-code-router is told as that, with the command that takes it over", () => {
  write("ccr.json", '{ "PORT": 3456, "Providers": [], "Router": {} }');
  assert.throws(
    load,
    /ccr\.json: this is a config\.json of claude-code-router; `ccr import FILE` makes a ccr\.yaml of it$/,
  );
});

test("what makes a file no YAML is told once, with its line, in words that say how to mend it", () => {
  const told = (text: string): string => {
    write("ccr.yaml", text);
    let message = "";
    assert.throws(load, (error) => error instanceof ConfigError && (message = error.message) !== "");
    return message.slice(folder.length + 1);
  };
  for (const [text, problem] of [
    ["server: {}\nserver: {}\n", /^ccr\.yaml:2 .+ stands for the second time in its map; put both into one$/],
    ["aliases:\n  fast: *\n", /^ccr\.yaml:2 .+ quote texts that start with `\*`/],
    ["auth:\n  trustedHosts: [*.example.com]\n", /^ccr\.yaml:2 .+ quote texts that start with `\*`/],
    ["server:\n\thost: x\n", /^ccr\.yaml:2 .+ use spaces$/],
    ["routing:\n  default: a: b\n", /^ccr\.yaml:2 .+ quote such a text$/],
    ["server:\n  host: @x\n", /^ccr\.yaml:2 .+ quote it$/],
    ['server:\n  host: "C:\\q"\n', /^ccr\.yaml:2 .+ backslash/],
    [
      "providers:\n  groq: {apiKey: ${KEY}}\n  openai: {}\nserver: {}\n",
      /^ccr\.yaml:2 .+ quote .+ `\$\{NAME\}` inside `\{…\}`$/,
    ],
  ] as const) {
    assert.match(told(text), problem);
  }
});

test("a .json file with a comma too many is read all the same", () => {
  write("ccr.json", '{ "server": { "port": 7, }, }');
  assert.equal(load().config.server.port, 7);
});
