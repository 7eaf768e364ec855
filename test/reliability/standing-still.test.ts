/** What becomes of calls while the whole process stands still: Ctrl-Z, a paused container, a heap that is written to disk. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { createRouterClient } from "../../src/playbooks/router-http.ts";
import { LimitSweep } from "../../src/providers/upstream/upstream-sweep.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { post, providerAt, question } from "./steady-callers.ts";

/** As many failures in a row open a breaker. */
const streams = 6;

const toEvents = (events: readonly (JsonObject & { readonly type: string })[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

const usage = { input_tokens: 1, output_tokens: 1 };
const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, usage };
const beginning = toEvents([
  { type: "message_start", message },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
]);
const rest = toEvents([
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "whole" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
  { type: "message_stop" },
]);

/** Begins each stream, and leaves the rest of it to the test. */
async function startProvider(t: TestContext): Promise<{ readonly origin: string; readonly begun: ServerResponse[] }> {
  const begun: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(beginning);
    begun.push(response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, begun };
}

/** Nothing of this process runs, router and clients; the kernel goes on to take what is sent. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A router before such a provider, whose breaker is to count nothing. */
async function startStreaming(t: TestContext, timeouts: JsonObject) {
  const { origin, begun } = await startProvider(t);
  const router = await startLocalRouter(t, { providers: { slow: providerAt(origin, timeouts) } });
  const assertClosed = async (): Promise<void> => {
    const client = createRouterClient({ url: router.url, key: null, isAdminKey: false });
    const breakers = (await client.getJson("/debug/circuit-breakers")) as JsonObject[];
    assert.deepEqual(
      breakers.map(({ kind, failures }) => [kind, failures]),
      [["closed", 0]],
    );
  };
  return { url: `${router.url}/v1/messages`, begun, assertClosed };
}

const asked = { model: "slow/m", stream: true, ...question };

/** Streams whose rest comes while nobody reads, for longer than `timeouts` allow. */
async function stopMeanwhile(t: TestContext, timeouts: JsonObject, standsMs: number): Promise<void> {
  const { url, begun, assertClosed } = await startStreaming(t, timeouts);
  const answers = Array.from({ length: streams }, () => post(url, asked, {}, 60_000));
  await waitUntil("all streams have begun", () => begun.length === streams);
  // Of the router's watch over its providers: it is to find them silent.
  const watch = new LimitSweep();
  const rounds = { slot: -1, shortestLimitMs: 2_000, count: 0, checkLimit: (): void => void rounds.count++ };
  watch.add(rounds);
  await waitUntil("some rounds have passed", () => rounds.count > 3);
  watch.remove(rounds);
  // Behind this round's reading: timers are what comes next.
  await new Promise(setImmediate);
  for (const response of begun) response.end(rest);
  standStill(standsMs);
  for (const { text } of await Promise.all(answers)) assert.match(text, /whole[^]*message_stop/);
  await assertClosed();
}

test("a process that stands still longer than betweenBytesMs: answers that came meanwhile are read, no provider counts as silent", (t) =>
  stopMeanwhile(t, { betweenBytesMs: 2_000 }, 3_000));

test("a process that stands still longer than totalMs: answers that came meanwhile are read, no provider counts as late", (t) =>
  stopMeanwhile(t, { betweenBytesMs: 60_000, totalMs: 3_000 }, 4_000));

test("a machine that sleeps for an hour: streams that are found broken as it wakes up do not count at the provider's breaker", async (t) => {
  const { now } = Date;
  let sleptMs = 0;
  t.mock.method(Date, "now", () => now() + sleptMs);
  const { url, begun, assertClosed } = await startStreaming(t, {});
  const answers = await Promise.all(Array.from({ length: streams }, () => openStream(url, asked)));
  await waitUntil("all streams have begun", () => answers.every(({ events }) => events.length > 0));
  sleptMs = 3_600_000;
  for (const response of begun) response.destroy();
  await Promise.all(answers.map(({ ended }) => ended));
  for (const { events } of answers) assert.equal(events.at(-1)?.event, "error");
  await assertClosed();
});
