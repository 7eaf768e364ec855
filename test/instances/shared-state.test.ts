/** What instances on one Redis know of each other: breakers, sessions, changes of the configuration. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { startRouter } from "../../src/app/start.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { noRedisServer as skip, startRedisServer } from "../kit/redis-server.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { clientOf, moneySettings, startProvider } from "../money/money-router.ts";

async function startTwo(t: CleansUp, settings: object) {
  const server = await startRedisServer(t);
  const provider = await startProvider(t);
  const redis = { url: server.url, keyPrefix: `${randomUUID()}:` };
  const all = moneySettings(provider, { redis, ...settings });
  const start = () => startLocalRouter(t, all);
  const routers = [await start(), await start()] as const;
  return { server, provider, start, routers, clients: routers.map(({ url }) => clientOf(url)) };
}

const breakersOf = ({ askJson }: ReturnType<typeof clientOf>) =>
  askJson<{ name: string; kind: string; reason: string | null }[]>("/debug/circuit-breakers");

test(
  "a breaker that opens on one instance is open on the others within a second, on new ones too, and closes with it",
  { skip },
  async (t) => {
    const breaker = { failureThreshold: 2, openMs: 60_000 };
    const { provider, clients, start } = await startTwo(t, { breaker });
    const [one, other] = clients;
    assert.equal((await other!.call()).status, 200);
    provider.behave({ fault: { kind: "status", status: 500 } });
    await one!.call();
    await one!.call();
    const openedMs = performance.now();
    const told = await waitUntil("the other knows", async () =>
      (await breakersOf(other!)).find(({ kind }) => kind === "open"),
    );
    assert.ok(performance.now() - openedMs < 1_000);
    assert.equal(told.reason, "2 failures in a row (told by another instance)");
    const requests = provider.counts().requests;
    assert.equal((await other!.call()).status, 503);
    assert.equal(provider.counts().requests, requests, "nothing was tried");

    const third = clientOf((await start()).url);
    await waitUntil("a new instance knows", async () => (await breakersOf(third)).some(({ kind }) => kind === "open"));

    provider.behave({ fault: null });
    const name = encodeURIComponent(told.name);
    assert.equal((await one!.ask(`/debug/circuit-breakers/${name}/reset`, { method: "POST" })).status, 200);
    for (const client of [other!, third]) {
      await waitUntil("it is closed there too", async () =>
        (await breakersOf(client)).every(({ kind }) => kind === "closed"),
      );
    }
    assert.equal((await other!.call()).status, 200);
  },
);

test("a breaker that opens while Redis refuses is open on the others once it does not", { skip }, async (t) => {
  const breaker = { failureThreshold: 2, openMs: 60_000 };
  const limits = [{ scope: "user", requestsPerMinute: 1_000 }];
  const { server, provider, clients } = await startTwo(t, { breaker, limits });
  const [one, other] = clients;
  const admin = server.connect();
  await admin.config("SET", "maxmemory", "1");
  await waitUntil("Redis is left alone", async () => {
    await one!.call();
    return (await (await one!.ask("/health")).text()).includes("refuses: OOM");
  });
  provider.behave({ fault: { kind: "status", status: 500 } });
  await one!.call();
  await one!.call();
  const isOpen = async (client: ReturnType<typeof clientOf>): Promise<boolean> =>
    (await breakersOf(client)).some(({ kind }) => kind === "open");
  assert.ok(await isOpen(one!));
  assert.ok(!(await isOpen(other!)));
  await admin.config("SET", "maxmemory", "0");
  await waitUntil("the other knows", () => isOpen(other!));
});

test("a session goes on at its target on another instance, and follows where it moved", { skip }, async (t) => {
  const server = await startRedisServer(t);
  const [first, second] = [await startProvider(t), await createSimulatedProvider({ kind: "anthropic" })];
  t.after(() => second.close());
  const settings = {
    ...moneySettings(first, { redis: { url: server.url, keyPrefix: `${randomUUID()}:` } }),
    providers: {
      first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "secret", models: ["claude-sonnet-4-5"] },
      second: { kind: "anthropic", baseUrl: second.baseUrl, apiKey: "secret", models: ["claude-sonnet-4-5"] },
    },
    routing: { default: ["first/claude-sonnet-4-5", "second/claude-sonnet-4-5"] },
    breaker: { failureThreshold: 1_000 },
  };
  const clients = [
    clientOf((await startLocalRouter(t, settings)).url),
    clientOf((await startLocalRouter(t, settings)).url),
  ];
  const session = { "x-claude-code-session-id": randomUUID() };
  const providerOf = async (index: number, headers: Record<string, string>): Promise<string | null> => {
    const answer = await clients[index]!.call({ model: "any" }, headers);
    await answer.text();
    return answer.headers.get("x-ccr-provider");
  };
  first.behave({ fault: { kind: "status", status: 529 } });
  assert.equal(await providerOf(0, session), "second");
  first.behave({ fault: null });
  await waitUntil("it is kept", async () => (await server.connect().keys("*session:*")).length === 1);
  assert.equal(await providerOf(1, session), "second");
  assert.equal(await providerOf(1, {}), "first", "other sessions begin at the first target");

  // A call that the other instance takes before it has heard is news of its own, and the later one counts: so each time anew.
  await waitUntil("the instance that knew it has heard", async () => {
    second.behave({ fault: { kind: "status", status: 529 } });
    assert.equal(await providerOf(1, session), "first");
    second.behave({ fault: null });
    return (await providerOf(0, session)) === "first";
  });
});

test(
  "a reload on one instance reaches the others, and changes only those whose configuration is another one now",
  { skip },
  async (t) => {
    const server = await startRedisServer(t);
    const provider = await startProvider(t);
    const redis = { url: server.url, keyPrefix: `${randomUUID()}:` };
    const folder = createTemporaryFolder(t);
    let settings = moneySettings(provider, { redis, server: { port: 0 } });
    const read = (): LoadedConfig => {
      const surroundings = { environment: {}, stateFolder: folder, folder, readFile: () => undefined };
      const parsed = parseConfig(JSON.stringify(settings), surroundings);
      assert.ok(parsed.kind === "ok");
      return { config: parsed.config, path: null, isBlank: false, warnings: [], environment: {}, stateFolder: folder };
    };
    const reads = [0, 0];
    const routers = await Promise.all(
      reads.map(async (_, index) => {
        const reloadConfig = (): Promise<LoadedConfig> => {
          reads[index]!++;
          return Promise.resolve(read());
        };
        const about = { configPath: null, environment: {}, logger: silentLogger };
        const router = await startRouter({ ...about, config: read().config, reloadConfig });
        t.after(() => router.close());
        return router;
      }),
    );
    const [one, other] = routers.map(({ port }) => clientOf(`http://127.0.0.1:${port}`));
    const ruleOf = async (): Promise<number> =>
      (await other!.askJson<{ rules: readonly unknown[] }>("/api/status")).rules.length;
    await waitUntil("both listen to news", async () => {
      const [, count] = await server.connect().pubsub("NUMSUB", `${redis.keyPrefix}news:config`);
      return count === 2;
    });
    const before = reads[1]!; // it looks when it begins to hear, too
    assert.equal((await one!.ask("/api/reload", { method: "POST" })).status, 200);
    await waitUntil("the other has looked", () => reads[1]! > before);
    settings = {
      ...settings,
      routing: { rules: [{ name: "new", when: { hasImages: true }, reject: "No images." }] },
    };
    assert.equal(await ruleOf(), 0);
    assert.equal((await one!.ask("/api/reload", { method: "POST" })).status, 200);
    await waitUntil("the other has the new rule", async () => (await ruleOf()) === 1);
  },
);
