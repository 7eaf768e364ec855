/** The connection to Redis against real servers: frozen, killed, full, failed over, with TLS, in a cluster. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { connectRedis } from "../../src/app/redis/redis-connection.ts";
import type { RedisConnection } from "../../src/app/redis/redis-connection.ts";
import type { RedisConfig } from "../../src/config/schema.ts";
import { systemClock } from "../../src/core/time/clock.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { noRedisServer as skip, startRedisServer, startSentinel } from "../kit/redis-server.ts";
import { startSlowProxy } from "../kit/slow-proxy.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

async function connect(t: CleansUp, settings: Partial<RedisConfig> & { url: string }): Promise<RedisConnection> {
  const config = { keyPrefix: "t:", caFile: null, sentinel: null, cluster: null, ...settings };
  const connection = await connectRedis(config, systemClock, silentLogger);
  t.after(() => connection.close());
  return connection;
}

const set = ({ commands }: RedisConnection, value: string): Promise<unknown> => commands.call("SET", ["t:key", value]);
const isWell = (connection: RedisConnection): Promise<boolean> => set(connection, "well").then(() => true);

test(
  "redis: a frozen server costs three commands 50 ms each, the rest nothing, and is used again when it thaws",
  { skip },
  async (t) => {
    const server = await startRedisServer(t);
    const redis = await connect(t, server);
    await set(redis, "before");
    server.freeze();
    for (let index = 0; index < 3; index++) await assert.rejects(set(redis, "frozen"), /did not answer within 50 ms/);
    const startedMs = performance.now();
    for (let index = 0; index < 100; index++) await assert.rejects(set(redis, "frozen"), /does not answer/);
    // Half of what they would take if each waited for its answer.
    assert.ok(performance.now() - startedMs < 2_500);
    assert.match(redis.trouble() ?? "", /does not answer/);
    server.thaw();
    await waitUntil("it is used again", () => isWell(redis));
    assert.equal(redis.trouble(), null);
  },
);

test("redis: a server that stays silent is still the reason while it is connected to anew", { skip }, async (t) => {
  const way = await startSlowProxy(t, (await startRedisServer(t)).port);
  const redis = await connect(t, { url: `redis://127.0.0.1:${way.port}` });
  await set(redis, "before");
  const silent = createServer().listen(0, "127.0.0.1");
  t.after(() => silent.close());
  await once(silent, "listening");
  way.delay(5_000);
  way.leadTo((silent.address() as AddressInfo).port);
  for (let index = 0; index < 3; index++) await assert.rejects(set(redis, "silent"));
  const [socket] = (await once(silent, "connection")) as [Socket];
  t.after(() => socket.destroy());
  assert.match(redis.trouble() ?? "", /does not answer within 50 ms/);
});

test(
  "redis: a killed server is found again on its port, and texts come back as bytes where they are wanted",
  { skip },
  async (t) => {
    const server = await startRedisServer(t);
    const redis = await connect(t, server);
    await set(redis, "before");
    await server.kill();
    await waitUntil("its absence is noticed", () => !redis.isUp());
    assert.match(redis.trouble() ?? "", /connection was lost|ECONNRESET|ECONNREFUSED/);
    await assert.rejects(set(redis, "away"));
    await server.start();
    await waitUntil("it is used again", () => isWell(redis));
    const bytes = Buffer.from([0, 255, 13, 10]);
    await redis.commands.call("SET", ["t:bytes", bytes]);
    assert.deepEqual(await redis.commands.callBuffer("GET", ["t:bytes"]), bytes);
  },
);

test("redis: a database that the server does not have is no other one, and is said", { skip }, async (t) => {
  const server = await startRedisServer(t);
  const redis = await connect(t, { url: `${server.url}/99` });
  await assert.rejects(set(redis, "elsewhere"));
  assert.match(redis.trouble() ?? "", /DB index is out of range/);
  assert.deepEqual(await server.connect().keys("*"), []);
});

test("redis: a user without channels is told of, and hears the news once it has them", { skip }, async (t) => {
  const server = await startRedisServer(t);
  const admin = server.connect();
  await admin.call("ACL", ["SETUSER", "ccr", "on", ">pw", "~t:*", "resetchannels", "+@all"]);
  const redis = await connect(t, { url: server.url.replace("://", "://ccr:pw@") });
  const heard: string[] = [];
  redis.subscribe("t:news", { onMessage: (message) => void heard.push(message), onStart: () => undefined });
  await waitUntil("it is told", () => /no news: NOPERM/.test(redis.trouble() ?? ""));
  await set(redis, "others work");
  await admin.call("ACL", ["SETUSER", "ccr", "&t:*"]);
  await waitUntil("it listens", () => redis.trouble() === null);
  await admin.publish("t:news", "at last");
  await waitUntil("it hears", () => heard.includes("at last"));
});

test("redis: a server without SUBSCRIBE is told of", { skip }, async (t) => {
  const server = await startRedisServer(t, ["--rename-command", "SUBSCRIBE", "hidden"]);
  const redis = await connect(t, server);
  redis.subscribe("t:news", { onMessage: () => undefined, onStart: () => undefined });
  await waitUntil("it is told", () => /no news: ERR unknown command/.test(redis.trouble() ?? ""));
  await set(redis, "others work");
});

test(
  "redis: a user that may not publish is told of and does the rest, and is well once it may",
  { skip },
  async (t) => {
    const server = await startRedisServer(t);
    const admin = server.connect();
    await admin.call("ACL", ["SETUSER", "ccr", "on", ">pw", "~t:*", "&t:*", "+@all", "-publish"]);
    const redis = await connect(t, { url: server.url.replace("://", "://ccr:pw@") });
    const news = { onMessage: () => undefined, onStart: () => redis.publish("t:news", "hello") };
    redis.subscribe("t:news", news);
    redis.publish("t:news", "hello");
    await waitUntil("it is told", () => /no news: NOPERM/.test(redis.trouble() ?? ""));
    assert.ok(redis.isUp());
    await set(redis, "others work");
    await admin.call("ACL", ["SETUSER", "ccr", "+publish"]);
    await waitUntil("it tells", () => redis.trouble() === null);
  },
);

test("redis: for news that it did not take all who hear the channel begin anew once it does", { skip }, async (t) => {
  const server = await startRedisServer(t);
  const way = await startSlowProxy(t, server.port);
  const cutOff = await connect(t, { url: `redis://127.0.0.1:${way.port}` });
  const well = await connect(t, server);
  const starts = [0, 0];
  for (const [index, redis] of [cutOff, well].entries()) {
    redis.subscribe("t:news", { onMessage: () => undefined, onStart: () => void starts[index]!++ });
  }
  await waitUntil("both hear", () => starts.join() === "1,1");
  way.delay(200);
  for (let index = 0; index < 3; index++) await assert.rejects(set(cutOff, "slow"), /did not answer within 50 ms/);
  cutOff.publish("t:news", "lost");
  way.delay(0);
  await waitUntil("both begin anew", () => starts[0]! > 1 && starts[1] === 2);
});

test("redis: news are heard where the address leads to, also from a server that stays", { skip }, async (t) => {
  const [old, next] = [await startRedisServer(t), await startRedisServer(t)];
  const way = await startSlowProxy(t, old.port);
  const redis = await connect(t, { url: `redis://127.0.0.1:${way.port}` });
  const heard: string[] = [];
  redis.subscribe("t:news", { onMessage: (message) => void heard.push(message), onStart: () => undefined });
  await set(redis, "before");
  way.leadTo(next.port);
  await old.connect().replicaof("127.0.0.1", 1); // of nobody: it hears nothing of the other server
  const teller = next.connect();
  await waitUntil("it hears", async () => {
    await set(redis, "elsewhere").catch(() => undefined);
    await teller.publish("t:news", "from the other server");
    return heard.length > 0;
  });
});

test("redis: a full server refuses in words, and is used again when it has room", { skip }, async (t) => {
  const server = await startRedisServer(t, ["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
  const redis = await connect(t, server);
  const test = server.connect();
  await test.config("SET", "maxmemory", "1");
  await assert.rejects(set(redis, "full"), /OOM/);
  assert.match(redis.trouble() ?? "", /Redis refuses: OOM/);
  await test.config("SET", "maxmemory", "0");
  await waitUntil("it is used again", () => isWell(redis));
});

test("redis: a server that became a replica is left for the new master that Sentinel names", { skip }, async (t) => {
  const master = await startRedisServer(t);
  const replica = await startRedisServer(t, ["--replicaof", `127.0.0.1 ${master.port}`]);
  const sentinel = await startSentinel(t, master);
  const redis = await connect(t, {
    url: "redis://unused",
    sentinel: { nodes: [`127.0.0.1:${sentinel.port}`], name: "mymaster", password: null },
  });
  await set(redis, "on the first master");
  const watcher = sentinel.connect();
  await waitUntil("Sentinel knows the replica", async () => {
    const replicas = (await watcher.call("SENTINEL", ["REPLICAS", "mymaster"])) as unknown[];
    return replicas.length === 1 && JSON.stringify(replicas).includes('"master-link-status","ok"');
  });
  master.freeze(); // a master that hangs: its connections stay
  await waitUntil(
    "commands go to the new master",
    async () => {
      await set(redis, "on the second master");
      return (await replica.connect().get("t:key")) === "on the second master";
    },
    20_000,
  );
});

test("redis: rediss:// trusts the authority of caFile, and no other", { skip }, async (t) => {
  const folder = createTemporaryFolder(t);
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2"];
  const made = spawnSync("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" "),
    "-keyout", files.key, "-out", files.cert, ...subject,
  ]); // prettier-ignore
  assert.equal(made.status, 0, String(made.stderr));
  const port = await freePort();
  const tls = ["--tls-port", String(port), "--tls-cert-file", files.cert, "--tls-key-file", files.key];
  await startRedisServer(t, [...tls, "--tls-ca-cert-file", files.cert, "--tls-auth-clients", "no"]);
  const url = `rediss://127.0.0.1:${port}`;
  const trusting = await connect(t, { url, caFile: files.cert });
  await waitUntil("it is connected", () => isWell(trusting));
  const careful = await connect(t, { url });
  assert.match(careful.trouble() ?? "", /certificate/);
});

test("redis: what no call waits for has its time, also while calls leave Redis alone", { skip }, async (t) => {
  const server = await startRedisServer(t);
  const way = await startSlowProxy(t, server.port);
  const redis = await connect(t, { url: `redis://127.0.0.1:${way.port}` });
  await waitUntil("it is connected", () => isWell(redis));
  way.delay(400);
  for (let index = 0; index < 3; index++) await assert.rejects(set(redis, "slow"), /did not answer within 50 ms/);
  await assert.rejects(set(redis, "slow"), /does not answer/);
  const seen: string[] = [];
  await redis.commands.unhurried.eachKey("t:k*", (keys) => Promise.resolve(void seen.push(...keys)));
  assert.deepEqual(seen, ["t:key"]);
  assert.equal(await redis.commands.unhurried.call("UNLINK", ["t:key"]), 1);
});

test("redis: each key of a pattern is visited once, of however many", { skip }, async (t) => {
  const server = await startRedisServer(t);
  const redis = await connect(t, { url: `redis://127.0.0.1:${server.port}` });
  await waitUntil("it is connected", () => isWell(redis));
  const keys = Array.from({ length: 1_000 }, (_, index) => `many:${1_000 + index}`);
  await redis.commands.unhurried.call(
    "MSET",
    keys.flatMap((key) => [key, "1"]),
  );
  const seen: string[] = [];
  await redis.commands.unhurried.eachKey("many:*", (some) => Promise.resolve(void seen.push(...some)));
  assert.deepEqual(seen.sort(), keys);
});

test("redis: a cluster is served from one of its nodes, keys on whichever node they belong to", { skip }, async (t) => {
  const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"];
  const nodes = [await startRedisServer(t, args), await startRedisServer(t, args), await startRedisServer(t, args)];
  const slots = ["0 5460", "5461 10922", "10923 16383"];
  for (const [index, node] of nodes.entries()) {
    const client = node.connect();
    await client.call("CLUSTER", ["ADDSLOTSRANGE", ...slots[index]!.split(" ")]);
    if (index > 0) await client.call("CLUSTER", ["MEET", "127.0.0.1", String(nodes[0]!.port)]);
  }
  await waitUntil("the cluster is ready", async () => {
    const states = await Promise.all(nodes.map((node) => node.connect().call("CLUSTER", ["INFO"])));
    return states.every(
      (state) => String(state).includes("cluster_state:ok") && String(state).includes("known_nodes:3"),
    );
  });
  const redis = await connect(t, { url: nodes[1]!.url, cluster: { nodes: [] } });
  await waitUntil("it is connected", () => isWell(redis));
  for (const key of ["t:{a}", "t:{b}", "t:{c}", "t:{d}"]) {
    await redis.commands.call("SET", [key, key]);
    assert.equal(await redis.commands.call("GET", [key]), key);
    assert.equal(await redis.commands.eval("return redis.call('GET', KEYS[1])", 1, key), key);
  }
  const seen: string[] = [];
  await redis.commands.unhurried.eachKey("t:{[abc]}", (keys) => Promise.resolve(void seen.push(...keys)));
  assert.deepEqual(seen.sort(), ["t:{a}", "t:{b}", "t:{c}"]);
});
