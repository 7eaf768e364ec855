/** What becomes of the router when its machine fails it: no descriptors, no disk, a clock that jumps, many connections. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { mainFile } from "../kit/main-file.ts";
import { programEnvironment } from "../kit/program-environment.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { messagesRequest, openRawClient } from "./raw-sockets.ts";
import { healthyModel, post, question, simulate, startBeside, whileOthersCall } from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };

interface Started {
  readonly router: RouterProcess;
  readonly ask: () => Promise<number>;
}

async function startProcess(
  t: TestContext,
  { budgets = {}, ...options }: { prelude?: string; stateFolder?: string; budgets?: JsonObject } = {},
): Promise<Started> {
  const healthy = await simulate(t);
  const router = await startRouter(t, {
    configuration: { providers: { healthy: { kind: "anthropic", baseUrl: healthy.baseUrl, apiKey: "h" } }, budgets },
    ...options,
  });
  const ask = async (): Promise<number> => {
    const { status, text } = await post(`${router.url}/v1/messages`, asked);
    assert.equal(status, 200, `${text}\n${router.output()}`);
    return status;
  };
  return { router, ask };
}

/** Opens connections that say nothing; those that the other side closes count too. */
async function openIdle(t: TestContext, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let next = 0; next < count; next += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, count - next) }, () => {
        const socket = connect({ port, host: "127.0.0.1" });
        sockets.push(socket);
        return new Promise<void>((resolve) => {
          socket.once("connect", resolve);
          socket.once("error", () => resolve());
          socket.on("error", () => undefined);
        });
      }),
    );
  }
  return sockets;
}

test("file descriptors exhausted: whoever is connected is served, new connections are closed or wait, and it recovers by itself", async (t) => {
  const { router, ask } = await startProcess(t, { prelude: "ulimit -n 64" });
  await ask();
  const early = await openRawClient(t, router.port);
  early.send(messagesRequest(asked));
  await waitUntil("it is served", () => early.received().includes("HTTP/1.1 200 OK"));
  const idle = await openIdle(t, router.port, 200);
  early.send(messagesRequest(asked));
  await waitUntil("who was connected before is served", () => early.received().split("HTTP/1.1 200 OK").length === 3);
  for (const socket of idle) socket.destroy();
  await waitUntil("calls are served again", ask);
  assert.equal(await router.stop(), 0, router.output());
});

test("file descriptors exhausted before the first call: the router needs no file of its own for it", async (t) => {
  const budgets = { caps: [{ scope: "user", daily: 100 }] }; // a price is asked for before a call goes out
  const { router } = await startProcess(t, { prelude: "ulimit -n 64", budgets });
  const early = await openRawClient(t, router.port);
  early.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await waitUntil("it is connected", () => early.received().includes("HTTP/1.1 200 OK"));
  const idle = await openIdle(t, router.port, 200);
  early.send(messagesRequest(asked));
  await waitUntil("it is answered", () => early.received().split("HTTP/1.1 ").length === 3);
  // No socket may be left to ask the provider with: that is said, and no failure of the router's own.
  assert.doesNotMatch(early.received(), /its log says why/);
  for (const socket of idle) socket.destroy();
});

test("file descriptors exhausted for many calls: no provider counts as broken, they are served as soon as there is room", async (t) => {
  const { router } = await startProcess(t, { prelude: "ulimit -n 64" });
  const early = await openRawClient(t, router.port);
  early.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await waitUntil("it is connected", () => early.received().includes("HTTP/1.1 200 OK"));
  const idle = await openIdle(t, router.port, 200);
  await waitUntil("no descriptor is left", () => socketsOf(router.pid) >= 63);
  const answers = (): number => early.received().split("HTTP/1.1 ").length - 1;
  for (let call = 0; call < 8; call++) {
    const before = answers();
    early.send(messagesRequest(asked));
    await waitUntil("it is answered", () => answers() > before);
  }
  assert.match(early.received(), /^HTTP\/1\.1 529 [^]*overloaded_error[^]*too many open files/m);
  for (const socket of idle) socket.destroy();
  await waitUntil("a call is served", () => {
    early.send(messagesRequest(asked));
    return early.received().split("HTTP/1.1 200 OK").length > 2;
  });
  assert.doesNotMatch(early.received(), /circuit breaker is open/);
});

test("10,000 idle connections: calls beside them are answered as ever, for less than 20 KB each", async (t) => {
  const { router, ask } = await startProcess(t, { prelude: "ulimit -n 16384" });
  await ask();
  const before = residentMb(router.pid);
  const idle = await openIdle(t, router.port, 10_000);
  await waitUntil("all are accepted", () => socketsOf(router.pid) > 10_000);
  const startedMs = performance.now();
  for (let call = 0; call < 20; call++) await ask();
  assert.ok(performance.now() - startedMs < 2_000, "twenty calls took too long");
  assert.ok(residentMb(router.pid) - before < 200, `${residentMb(router.pid) - before} MB`);
  for (const socket of idle) socket.destroy();
  await waitUntil("their sockets are gone", () => socketsOf(router.pid) < 100);
});

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

function socketsOf(pid: number): number {
  return Number(execFileSync("sh", ["-c", `ls /proc/${pid}/fd | wc -l`], { encoding: "utf8" }));
}

/** Mounts a file system of `kilobytes` at `folder`; false where this user may not. */
function mountSmallDisk(folder: string, kilobytes: number): boolean {
  const { status } = spawnSync("/usr/bin/mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]);
  return status === 0;
}

test("a full disk: calls go on, their records wait in memory, health says so, and nothing is lost when there is room again", async (t) => {
  let running: RouterProcess | null = null;
  // Hooks run in the order of their making: the router and the mount must be gone before the folder goes.
  t.after(async () => {
    await running?.stop();
    spawnSync("/usr/bin/umount", ["-l", disk]);
  });
  const disk = createTemporaryFolder(t);
  if (!mountSmallDisk(disk, 2_048)) return t.skip("mounting a small disk needs root");
  const { router, ask } = await startProcess(t, { stateFolder: disk });
  running = router;
  await ask();
  const filler = join(disk, "filler");
  fill(filler);
  for (let call = 0; call < 200; call++) await ask();
  await waitUntil("the log says so", () => router.output().includes("the ledger cannot be written"));
  assert.match(await (await fetch(`${router.url}/health`)).text(), /"component": "ledger"[^]*call records wait/);
  await ask();
  rmSync(filler);
  await waitUntil("the log says that it is over", () => router.output().includes("the ledger can be written again"));
  await waitUntil("every call is in the ledger", () => countRows(join(disk, "ledger.sqlite")) === 202);
  assert.equal(await router.stop(), 0, router.output());
});

test("a state folder that is removed: calls go on, health and the log say that their records wait, and the router ends as ever", async (t) => {
  const { router, ask } = await startProcess(t);
  await ask();
  await waitUntil("it is in the ledger", () => countRows(join(router.stateFolder, "ledger.sqlite")) === 1);
  rmSync(router.stateFolder, { recursive: true });
  await ask();
  await waitUntil("the log says so", () => /ledger.sqlite was moved, removed or replaced/.test(router.output()));
  assert.match(await (await fetch(`${router.url}/health`)).text(), /"component": "ledger"[^]*call records wait/);
  await ask();
  assert.equal(await router.stop(), 0, router.output());
});

function countRows(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare("SELECT count(*) AS count FROM calls").get()?.["count"]);
  } finally {
    database.close();
  }
}

/** Writes until nothing more fits. */
function fill(path: string): void {
  const piece = Buffer.alloc(4_096, 1);
  try {
    for (;;) writeFileSync(path, piece, { flag: "a" });
  } catch {
    // No space is left: as meant.
  }
}

test("a full disk under the log: its lines are dropped, calls go on", async (t) => {
  const { ask } = await startWithFullLog(t);
  for (let call = 0; call < 20; call++) await ask();
});

/** Standard output cannot be waited for when it is full: the state file tells where it listens. */
async function startWithFullLog(t: TestContext): Promise<{ ask: () => Promise<number> }> {
  const healthy = await simulate(t);
  const folder = createTemporaryFolder(t);
  const file = join(folder, "ccr.json");
  const provider = { kind: "anthropic", baseUrl: healthy.baseUrl, apiKey: "h" };
  writeFileSync(file, JSON.stringify({ server: { port: 0 }, providers: { healthy: provider } }));
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      'exec "$0" "$@" >/dev/full 2>/dev/full',
      process.execPath,
      mainFile,
      "start",
      "--foreground",
      "--config",
      file,
    ],
    { cwd: folder, env: { ...programEnvironment, HOME: folder, CCR_HOME: folder } },
  );
  t.after(() => void child.kill("SIGKILL"));
  const port = await waitUntil("it runs", () => {
    const { state, port } = JSON.parse(readFileSync(join(folder, "router.json"), "utf8")) as {
      state: string;
      port: number;
    };
    return state === "running" && port;
  });
  return {
    ask: async () => {
      const { status, text } = await post(`http://127.0.0.1:${port}/v1/messages`, asked);
      assert.equal(status, 200, text);
      return status;
    },
  };
}

test("a clock that jumps back an hour or forward a day: calls go on, breakers and resting keys come back in their time", async (t) => {
  const first = await simulate(t);
  const router = await startBeside(
    t,
    { first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a" } },
    { breaker: { failureThreshold: 1, openMs: 100 } },
  );
  let shiftMs = 0;
  const { now } = Date;
  t.mock.method(Date, "now", () => now() + shiftMs);
  const ask = async (): Promise<number> =>
    (await post(`${router.url}/v1/messages`, { ...asked, model: "first/claude-sonnet-4-5" })).status;
  await whileOthersCall(router.url, async () => {
    for (const fault of [
      { kind: "status", status: 500 },
      { kind: "rate-limit", retryAfterSeconds: 1 },
    ] as const) {
      first.behaveNext({ fault });
      assert.notEqual(await ask(), 200);
      shiftMs -= 3_600_000;
      await waitUntil(`it is asked again after ${fault.kind}`, async () => (await ask()) === 200, 3_000);
      shiftMs += 90_000_000;
      assert.equal(await ask(), 200);
    }
  });
});
