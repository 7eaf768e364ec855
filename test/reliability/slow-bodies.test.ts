/** What callers whose bodies are on the way take from others, and from themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../e2e/access-router.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { messagesRequest, openRawClient } from "./raw-sockets.ts";
import type { RawClient } from "./raw-sockets.ts";
import { callsInFlight, healthyModel, post, question, startBeside } from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };
const keyed = {
  server: { maxCalls: 6 },
  auth: {
    keys: [
      { hash: sha256("one-at-once"), user: "ana", limits: { concurrentCalls: 1 } },
      { hash: sha256("unlimited"), user: "bob" },
      { hash: sha256("another"), user: "cleo" },
    ],
  },
};

/** A request of which everything but the last byte is sent. */
function withoutEnd(key: string, target = "/v1/messages"): string {
  return messagesRequest(asked, `x-api-key: ${key}\r\n`, target).slice(0, -1);
}

const isRefused = (client: RawClient): boolean => /^HTTP\/1\.1 429 [^]*rate_limit_error/.test(client.received());
const isServed = (client: RawClient): boolean => client.received().startsWith("HTTP/1.1 200 ");

test("a key whose bodies are on the way: beyond its calls at once it is refused with 429, others' calls go on", async (t) => {
  const router = await startBeside(t, {}, keyed);
  const slow = await openRawClient(t, router.port);
  slow.send(withoutEnd("one-at-once"));
  // Its head has been read once one behind it is refused; which of two is the second one is the kernel's to say.
  const more = await openRawClient(t, router.port);
  more.send(withoutEnd("one-at-once"));
  await waitUntil("one of them is refused", () => isRefused(slow) || isRefused(more));
  const [refused, waiting] = isRefused(slow) ? [slow, more] : [more, slow];
  assert.match(refused.received(), /retry-after: 1\r\n[^]*1 calls are in flight/);
  assert.equal((await post(`${router.url}/v1/messages`, asked, { "x-api-key": "unlimited" })).status, 200);
  waiting.send("}");
  await waitUntil("the other one is served", () => isServed(waiting));
  assert.equal((await post(`${router.url}/v1/messages`, asked, { "x-api-key": "one-at-once" })).status, 200);
});

test("a key whose bodies are on the way, of calls or of counts: alone it has half of server.maxCalls at most", async (t) => {
  const router = await startBeside(t, {}, keyed);
  const clients = await Promise.all(Array.from({ length: 6 }, () => openRawClient(t, router.port)));
  for (const [index, client] of clients.entries()) {
    client.send(withoutEnd("unlimited", index % 2 === 0 ? "/v1/messages" : "/v1/messages/count_tokens"));
  }
  const refused = (): RawClient[] => clients.filter(isRefused);
  await waitUntil("three are refused", () => refused().length === 3);
  assert.match(refused()[0]!.received(), /the bodies of 3 calls are on the way/);
  const count = `${router.url}/v1/messages/count_tokens`;
  for (const url of [`${router.url}/v1/messages`, count]) {
    assert.equal((await post(url, asked, { "x-api-key": "one-at-once" })).status, 200);
  }
  const [first, ...others] = clients.filter((client) => !isRefused(client));
  first!.send("}");
  await waitUntil("the first one is served", () => isServed(first!));
  for (const client of others) client.socket.destroy();
});

test("two keys whose bodies are on the way: each has half of what others leave, and a third key its place", async (t) => {
  const router = await startBeside(t, {}, keyed);
  const sendOf = async (key: string, count: number): Promise<RawClient[]> => {
    const clients = await Promise.all(Array.from({ length: count }, () => openRawClient(t, router.port)));
    for (const client of clients) client.send(withoutEnd(key));
    return clients;
  };
  await sendOf("unlimited", 3);
  await waitUntil("three places of six are taken", async () => (await callsInFlight(router.url)) === 3);
  const others = await sendOf("another", 3);
  await waitUntil("the third of the other three is refused", () => others.filter(isRefused).length === 1);
  assert.equal(await callsInFlight(router.url), 5);
  assert.equal((await post(`${router.url}/v1/messages`, asked, { "x-api-key": "one-at-once" })).status, 200);
});

test("counts of tokens whose bodies are on the way: they take no place of their key's calls", async (t) => {
  const router = await startBeside(t, {}, keyed);
  const counting = await Promise.all([openRawClient(t, router.port), openRawClient(t, router.port)]);
  for (const client of counting) client.send(withoutEnd("one-at-once", "/v1/messages/count_tokens"));
  await waitUntil("both have begun", async () => (await callsInFlight(router.url)) === 2);
  const calling = await openRawClient(t, router.port);
  calling.send(withoutEnd("one-at-once"));
  await waitUntil("the call has begun", async () => (await callsInFlight(router.url)) === 3);
  for (const client of [...counting, calling]) client.send("}");
  for (const client of [...counting, calling]) await waitUntil("it is served", () => isServed(client));
});
