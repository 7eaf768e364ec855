/** The examples for nginx and HAProxy: taken by the real programs, and streams pass through them event by event. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { configSchema } from "../../src/config/schema.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const { server } = configSchema.parse({});
const read = (name: string): string => readFileSync(join(import.meta.dirname, "../../ops/proxy", name), "utf8");

interface ProxyUnderTest {
  readonly program: "nginx" | "haproxy";
  readonly file: string;
  /** The example as it runs here: its ports, without TLS, in a folder of its own. */
  readonly adapt: (text: string, folder: string, listenPort: number, routerPort: number) => string;
  /** Arguments that check the file, and that run it in the foreground. */
  readonly check: (file: string, folder: string) => readonly string[];
  readonly run: (file: string, folder: string) => readonly string[];
}

function replaceOnce(text: string, from: string, to: string): string {
  assert.equal(text.split(from).length, 2, `once in the example: ${from}`);
  return text.replace(from, to);
}

const proxies: readonly ProxyUnderTest[] = [
  {
    program: "nginx",
    file: "nginx.conf",
    adapt: (text, folder, listenPort, routerPort) => {
      for (const kind of ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(folder, kind));
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (kind) => `${kind}_temp_path ${join(folder, kind)};`,
      );
      const plain = replaceOnce(text, "listen 443 ssl http2;", `listen 127.0.0.1:${listenPort};`)
        .replaceAll(/^ *ssl_.*;$/gm, "")
        .replace(`127.0.0.1:${server.port} `, `127.0.0.1:${routerPort} `);
      return `daemon off; master_process off; pid ${join(folder, "pid")}; error_log stderr;
        events {} http { access_log off; ${temporary.join(" ")} ${plain} }`;
    },
    check: (file, folder) => ["-t", "-q", "-p", folder, "-e", "stderr", "-c", file],
    run: (file, folder) => ["-p", folder, "-e", "stderr", "-c", file],
  },
  {
    program: "haproxy",
    file: "haproxy.cfg",
    adapt: (text, _folder, listenPort, routerPort) => {
      const plain = replaceOnce(text, "bind :443 ssl crt /etc/haproxy/tls/ccr.pem alpn h2,http/1.1", `bind 127.0.0.1:${listenPort}`);
      return replaceOnce(plain, `127.0.0.1:${server.port} check`, `127.0.0.1:${routerPort} check`);
    },
    check: (file) => ["-c", "-q", "-f", file],
    run: (file) => ["-db", "-f", file],
  },
];

/** A provider that says a word only when it is told to. */
async function startSlowProvider(t: CleansUp): Promise<{ readonly baseUrl: string; say(event: object): void; end(): void }> {
  let write: (text: string) => void = () => assert.fail("nobody has asked");
  let finish = (): void => undefined;
  const provider = createServer((request, answer) => {
    request.resume();
    answer.writeHead(200, { "content-type": "text/event-stream" });
    write = (text) => void answer.write(text);
    finish = () => void answer.end();
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage, stop_reason: null };
    write(eventOf({ type: "message_start", message }));
  });
  await once(provider.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    provider.closeAllConnections();
    provider.close();
  });
  return {
    baseUrl: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
    say: (event) => write(eventOf(event)),
    end: () => finish(),
  };
}

/** Runs the example, checked before, until the test ends; answers its address once the router is reached. */
async function startProxy(t: CleansUp, proxy: ProxyUnderTest, routerPort: number, text: string): Promise<string> {
  const folder = createTemporaryFolder(t);
  const port = await freePort();
  const file = join(folder, proxy.file);
  writeFileSync(file, proxy.adapt(text, folder, port, routerPort));
  const check = spawnSync(proxy.program, proxy.check(file, folder), { encoding: "utf8" });
  assert.deepEqual([check.status, check.stdout + check.stderr], [0, ""]);
  const child = spawn(proxy.program, proxy.run(file, folder), { stdio: "ignore" });
  t.after(async () => {
    const exited = once(child, "exit");
    if (child.kill("SIGKILL")) await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil("the proxy reaches the router", async () => {
    const answer = await fetch(`${url}/readyz`, { headers: { connection: "close" } }).catch(() => null);
    return answer?.status === 200;
  });
  return url;
}

/** The operators' paths, as docs/architecture.md lists them, and those below `/api` that callers use. */
const callerPaths = ["/api/hello", "/api/oauth/usage", "/api/session"];
const operatorPaths = [
  ...readFileSync(join(import.meta.dirname, "../../docs/architecture.md"), "utf8").matchAll(
    /`[A-Z]+ (\/(?:metrics|api\/|debug\/)[^`]*)`/g,
  ),
].flatMap(([, path]) => (callerPaths.includes(path!) ? [] : [path!.replaceAll(/[{}]/g, "")]));

function eventOf(event: object): string {
  return `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`;
}

for (const proxy of proxies) {
  const skip = spawnSync(proxy.program, ["-v"]).status === 0 ? false : `no ${proxy.program} on this machine`;

  test(`${proxy.program}: the example is taken, and each event of a stream goes out before the next one is said`, { skip }, async (t) => {
    const provider = await startSlowProvider(t);
    const router = await startLocalRouter(t, {
      providers: { slow: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "secret" } },
    });
    const url = await startProxy(t, proxy, router.port, read(proxy.file));
    const body = { model: "slow/m", max_tokens: 10, stream: true, messages: [{ role: "user", content: "hi" }] };
    const stream = await openStream(`${url}/v1/messages`, body, { host: "localhost", "x-api-key": "any" });
    assert.equal(stream.status, 200);
    await waitUntil("the first event", () => stream.events.some(({ event }) => event === "message_start"));
    provider.say({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
    for (const word of ["one", "two", "three"]) {
      provider.say({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } });
      await waitUntil(`"${word}" alone`, () => stream.events.at(-1)?.data.includes(word) === true);
    }
    provider.say({ type: "content_block_stop", index: 0 });
    provider.say({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } });
    provider.say({ type: "message_stop" });
    provider.end();
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events.at(-1)?.event, "message_stop");
  });
  test(`${proxy.program}: from outside operators' paths are closed, and callers' are open`, { skip }, async (t) => {
    const router = await startLocalRouter(t, { providers: { some: { kind: "anthropic", apiKey: "secret" } } });
    const elsewhere = read(proxy.file).replace("allow 127.0.0.1;", "").replace("127.0.0.0/8 ", "");
    const url = await startProxy(t, proxy, router.port, elsewhere);
    const isClosed = async (path: string): Promise<boolean> => {
      const { status, headers } = await fetch(url + path, { headers: { connection: "close" } });
      return status === 403 && !headers.has("x-ccr-request-id");
    };
    for (const path of ["/v1/models", ...callerPaths]) assert.equal(await isClosed(path), false, path);
    assert.ok(operatorPaths.length > 20);
    for (const path of operatorPaths) assert.equal(await isClosed(path), true, path);
  });
  test(`${proxy.program}: for whom it asks, and how that one came, is told for operators' paths too`, { skip }, async (t) => {
    const told = createServer((request, answer) => answer.end(JSON.stringify(request.headers)));
    await once(told.listen(0, "127.0.0.1"), "listening");
    t.after(() => {
      told.closeAllConnections();
      told.close();
    });
    const url = await startProxy(t, proxy, (told.address() as AddressInfo).port, read(proxy.file));
    for (const path of ["/v1/models", ...operatorPaths]) {
      const answer = await fetch(url + path, { headers: { connection: "close" } });
      const headers = (await answer.json()) as Readonly<Record<string, string>>;
      assert.equal(headers["x-forwarded-for"], "127.0.0.1", path);
      assert.match(headers["x-forwarded-proto"] ?? "", /^https?$/, path);
    }
  });
}
