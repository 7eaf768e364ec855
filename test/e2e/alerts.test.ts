/** Alerts from a real Alertmanager to the router, to the receiver beside it, and to whoever reads them. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { addKey, revokeKey } from "../../src/config/keys-file.ts";
import { noLimits } from "../../src/core/caller.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { runCli, spawnCli } from "../kit/run-cli.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const adminKey = "ccr-admin-key";
const auth = { adminKeyHash: hash("sha256", adminKey, "hex") };
const providers = { sim: { kind: "anthropic", baseUrl: "http://127.0.0.1:9", apiKey: "secret" } };
const skip =
  spawnSync("prometheus-alertmanager", ["--version"]).error === undefined ? false : "no prometheus-alertmanager here";

interface AlertJson {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly times_told: number;
  readonly acknowledged: { readonly by: string; readonly note: string } | null;
}

const startedAt = new Date(Date.now() - 60_000).toISOString();
const notification = (status: string, more: object = {}): object => ({
  version: "4",
  status,
  alerts: [
    {
      status,
      labels: { alertname: "ProviderDown", severity: "warning", provider: "groq" },
      annotations: { summary: "Provider groq is unhealthy", runbook_url: "https://runbooks/ProviderDown" },
      startsAt: startedAt,
      endsAt: new Date().toISOString(),
      fingerprint: "0123456789abcdef",
      ...more,
    },
  ],
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** A real Alertmanager that tells everything at once to `webhook`. Answers its address. */
async function startAlertmanager(t: CleansUp, webhook: string): Promise<string> {
  const folder = createTemporaryFolder(t);
  const file = join(folder, "alertmanager.json");
  writeFileSync(join(folder, "key"), adminKey);
  const http = { authorization: { credentials_file: join(folder, "key") } };
  const receivers = [{ name: "router", webhook_configs: [{ url: webhook, send_resolved: true, http_config: http }] }];
  const route = {
    receiver: "router",
    group_by: ["..."],
    group_wait: "0s",
    group_interval: "1s",
    repeat_interval: "1h",
  };
  writeFileSync(file, JSON.stringify({ route, receivers }));
  const port = await freePort();
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${file}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    child.kill();
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil("Alertmanager is ready", async () => (await fetch(`${url}/-/ready`)).ok);
  return url;
}

test(
  "what a real Alertmanager tells is listed, acknowledged, ended, and kept with its history",
  { skip },
  async (t) => {
    const router = await startLocalRouter(t, { providers, auth });
    const headers = { "x-api-key": adminKey };
    const alertmanager = await startAlertmanager(t, `${router.url}/api/alerts/webhook`);
    const tell = (endsAt?: string): Promise<Response> =>
      fetch(`${alertmanager}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([
          {
            labels: { alertname: "RedisDown", severity: "critical" },
            annotations: { summary: "Redis is down" },
            ...(endsAt === undefined ? {} : { endsAt }),
          },
        ]),
      });
    const find = (state: string): Promise<AlertJson> =>
      waitUntil(`it is ${state}`, async () => {
        const answer = await fetch(`${router.url}/api/alerts?state=${state}`, { headers });
        return ((await answer.json()) as { alerts: AlertJson[] }).alerts[0];
      });
    assert.equal((await tell()).status, 200);
    const firing = await find("firing");
    assert.deepEqual([firing.name, firing.acknowledged], ["RedisDown", null]);
    const ack = await fetch(`${router.url}/api/alerts/${firing.id}/ack`, {
      method: "POST",
      headers,
      body: JSON.stringify({ note: "restarting it" }),
    });
    const { acknowledged } = (await ack.json()) as AlertJson;
    assert.match(acknowledged?.by ?? "", /^admin-key-[0-9a-f]{8}$/);
    assert.equal(acknowledged?.note, "restarting it");
    await tell(new Date().toISOString());
    const resolved = await find("resolved");
    assert.equal(resolved.id, firing.id);
    const one = await fetch(`${router.url}/api/alerts/${firing.id}`, { headers });
    const { history } = (await one.json()) as { history: { what: string }[] };
    assert.deepEqual(new Set(history.map(({ what }) => what)), new Set(["firing", "acknowledged", "resolved"]));
  },
);

test("the webhook wants the admin key, a bounded body of version 4, and no browser", async (t) => {
  const router = await startLocalRouter(t, { providers, auth });
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(router.url + path, { method: "POST", headers: { "x-api-key": adminKey, ...headers }, body });
  const body = JSON.stringify(notification("firing"));
  assert.equal((await post("/api/alerts/webhook", body, { "x-api-key": "other" })).status, 401);
  assert.equal((await post("/api/alerts/webhook", body, { origin: router.url })).status, 403);
  assert.equal((await post("/api/alerts/webhook", "{}")).status, 400);
  const large = await post("/api/alerts/webhook", " ".repeat(1024 * 1024 + 1));
  assert.equal(large.status, 413);
  assert.match(await large.text(), /larger than 1048576 bytes"/, "no setting is named that would change nothing");
  const answer = await post("/api/alerts/webhook", body);
  assert.deepEqual([answer.status, await answer.json()], [200, { received: 1, dropped: 0 }]);
  const watchdog = { labels: { alertname: "Watchdog", severity: "none" }, fingerprint: "fedcba9876543210" };
  assert.equal((await post("/api/alerts/webhook", JSON.stringify(notification("firing", watchdog)))).status, 200);
  const overview = await fetch(`${router.url}/api/overview`, { headers: { "x-api-key": adminKey } });
  const { alerts } = (await overview.json()) as { alerts: { name: string; acknowledgedBy: string | null }[] };
  assert.deepEqual(
    alerts.map(({ name, acknowledgedBy }) => [name, acknowledgedBy]),
    [["ProviderDown", null]],
  );
  assert.equal((await post("/api/alerts/none/ack", "")).status, 404);
  assert.equal((await post("/api/alerts/0123456789abcdef/ack", "no JSON")).status, 400);
  assert.equal((await post("/api/alerts/0123456789abcdef/ack", "")).status, 200);
  for (const path of ["/api/alerts", "/api/alerts/0123456789abcdef"]) {
    assert.equal((await fetch(router.url + path)).status, 401, path);
  }
});

test("`ccr alerts listen` hears alerts while no router runs, and `ccr alerts` shows, finds and acknowledges them", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), JSON.stringify({ auth }));
  const listener = spawnCli(["alerts", "listen", "--port", "0", "--json"], { folder });
  const ended = new Promise((resolve) => listener.once("exit", resolve));
  t.after(async () => {
    listener.kill("SIGKILL");
    await ended;
  });
  let text = "";
  createInterface({ input: listener.stdout! }).on("line", (line) => (text += line));
  const { url } = await waitUntil("it listens", () => JSON.parse(text) as { url: string });
  const tell = (path: string, body: object): Promise<Response> =>
    fetch(url + path, { method: "POST", body: JSON.stringify(body) });
  assert.equal((await tell("/", notification("firing"))).status, 200);
  const watchdog = { labels: { alertname: "Watchdog", severity: "none" }, fingerprint: "fedcba9876543210" };
  assert.equal((await tell("/api/alerts/webhook", notification("firing", watchdog))).status, 200);
  assert.equal((await fetch(`${url}/api/alerts`)).status, 401);

  const shown = await runCli(["alerts"], { folder });
  assert.match(shown.stdout, /^id .*\n0123456789abcdef {2}firing {2}warning {3}ProviderDown {2}1 min .*unhealthy\n/);
  assert.match(shown.stdout, /Watchdog: last heard \d+ s ago\n$/);
  const ack = await runCli(["alerts", "ack", "ProviderDown", "--note", "asked groq"], { folder, env: { USER: "ada" } });
  assert.equal(ack.stdout, "acknowledged ProviderDown (0123456789abcdef)\n");
  assert.equal((await tell("/", notification("resolved"))).status, 200);
  assert.match((await runCli(["alerts"], { folder })).stdout, /^no alert fires\n/);
  const { stdout } = await runCli(["alerts", "show", "0123", "--json"], { folder });
  const alert = JSON.parse(stdout) as AlertJson;
  assert.deepEqual(
    [alert.state, alert.acknowledged?.note, alert.acknowledged?.by.split("@")[0]],
    ["resolved", "asked groq", "ada"],
  );
  assert.match((await runCli(["alerts", "show", "0123"], { folder })).stdout, /acknowledged {2}ada@.*: asked groq\n/);
  const unknown = await runCli(["alerts", "show", "Nothing"], { folder });
  assert.deepEqual([unknown.exitCode, unknown.stdout], [1, ""]);
  assert.match(unknown.stderr, /^ccr: there is no alert Nothing\n/);
  assert.equal((await runCli(["alerts", "--state", "odd"], { folder })).exitCode, 2);
  listener.kill("SIGTERM");
  assert.equal(await ended, 0);
});

test("`ccr alerts listen` shows alerts to whoever has an operators' key now, not to one whose key was revoked since", async (t) => {
  const folder = createTemporaryFolder(t);
  const keysFile = join(folder, "keys.json");
  writeFileSync(join(folder, "ccr.yaml"), JSON.stringify({ auth: { keysFile } }));
  const operator = { user: "operator", team: null, tier: "standard", allowedModels: null, limits: noLimits };
  const make = () => addKey(keysFile, { ...operator, expiresAtMs: null, isAdmin: true }, 1);
  const { key, stored } = await make();
  const listener = spawnCli(["alerts", "listen", "--port", "0", "--json"], { folder });
  const ended = new Promise((resolve) => listener.once("exit", resolve));
  t.after(async () => {
    listener.kill("SIGKILL");
    await ended;
  });
  let text = "";
  createInterface({ input: listener.stdout! }).on("line", (line) => (text += line));
  const { url } = await waitUntil("it listens", () => JSON.parse(text) as { url: string });
  const read = async (by: string): Promise<number> =>
    (await fetch(`${url}/api/alerts`, { headers: { "x-api-key": by } })).status;
  assert.equal(await read(key), 200);
  const { key: next } = await make();
  await revokeKey(keysFile, stored.id, 2);
  assert.deepEqual([await read(key), await read(next)], [401, 200]);
  writeFileSync(keysFile, "half");
  assert.deepEqual([await read(key), await read(next)], [401, 200]);
  rmSync(keysFile);
  assert.deepEqual([await read(""), await read(next)], [401, 200]);
});

test("`ccr alerts listen` refuses an address that others reach where there is no admin key, and a taken port", async (t) => {
  const folder = createTemporaryFolder(t);
  const open = await runCli(["alerts", "listen", "--host", "0.0.0.0", "--port", "0"], { folder });
  assert.equal(open.exitCode, 1);
  assert.match(open.stderr, /^ccr: 0\.0\.0\.0 can be reached by others/);
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const taken = await runCli(["alerts", "listen", "--port", String(port)], { folder });
  assert.equal(taken.exitCode, 1);
  assert.match(taken.stderr, new RegExp(`^ccr: port ${port} is taken`));
});
