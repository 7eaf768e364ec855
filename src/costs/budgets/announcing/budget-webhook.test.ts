import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { createManualClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import type { LogFields } from "../../../core/log/log-fields.ts";
import type { BudgetEvent } from "./budget-events.ts";
import { BudgetWebhook, webhookHeaders } from "./budget-webhook.ts";
import { createBucket } from "../store/test-bucket.ts";
import { webhookMessage } from "./webhook-message.ts";

const atMs = Date.UTC(2026, 10, 18, 12);
const bucket = createBucket(10_000_000_000);
const event: BudgetEvent = {
  kind: "budgetThresholdReached",
  threshold: 0.75,
  bucket,
  spentNanoUsd: 8e9,
  heldNanoUsd: 0,
  atMs,
};
const settings = { url: "http://hooks.test/x", secret: "s3cret", format: "json" } as const;

interface Post {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function setUp(statuses: readonly number[]) {
  const posts: Post[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const webhook = new BudgetWebhook(settings, {
    clock: createManualClock(atMs),
    logger: silentLogger,
    post: (url, headers, body) => {
      posts.push({ url, headers, body });
      const status = statuses[posts.length - 1] ?? 200;
      if (posts.length >= statuses.length) resolve();
      return status === 0 ? Promise.reject(new Error("refused")) : Promise.resolve(status);
    },
  });
  return { webhook, posts, done };
}

/** Lets promises that are settled run on. */
const turn = (): Promise<void> => new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)));

test("a message says what happened, in JSON for programs and in a sentence for Slack", () => {
  const json = webhookMessage(event, "json", "id-1");
  assert.equal(json.event, "budgetThresholdReached");
  assert.equal(json.threshold, 0.75);
  assert.deepEqual((json.budget as { spentUsd: number }).spentUsd, 8);
  const { text } = webhookMessage({ ...event, kind: "budgetLimitExceeded" }, "slack", "id-1");
  assert.match(
    text as string,
    /budget of user ada had no room for a call: \$8\.00 of \$10\.00 is spent; it resets at 20/,
  );
  const held = webhookMessage({ ...event, kind: "budgetLimitExceeded", heldNanoUsd: 2e9 }, "slack", "id-1");
  assert.match(held.text as string, /\$8\.00 of \$10\.00 is spent, \$2\.00 is held for calls under way; it resets/);
});

test("a name that Slack would take for a mention or a link stands in its message as it is", () => {
  const named = { ...event, bucket: { ...bucket, scope: "model", id: "<!channel> & <https://x.example|y>" } } as const;
  const { text } = webhookMessage(named, "slack", "id-1");
  assert.match(text as string, /of model &lt;!channel&gt; &amp; &lt;https:\/\/x\.example\|y&gt; has passed/);
  assert.match(webhookMessage(named, "json", "id-1").message as string, /of model <!channel> & </);
});

test("the signature is the HMAC of time and body under the secret", () => {
  const expected = createHmac("sha256", "s3cret")
    .update(`${atMs / 1000}.{"a":1}`)
    .digest("hex");
  assert.equal(webhookHeaders('{"a":1}', "s3cret", atMs)["x-ccr-signature"], `t=${atMs / 1000},v1=${expected}`);
  assert.equal(webhookHeaders("{}", null, atMs)["x-ccr-signature"], undefined);
});

test("a message that is refused is repeated with the same id after growing pauses, and later ones wait behind it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { webhook, posts, done } = setUp([500, 0, 200, 200]);
  webhook.send(event);
  await turn();
  webhook.send({ ...event, threshold: 0.95 });
  assert.equal(posts.length, 1);
  for (const pauseMs of [1_000, 2_000]) {
    t.mock.timers.tick(pauseMs - 1);
    await turn();
    const before = posts.length;
    t.mock.timers.tick(1);
    await turn();
    assert.ok(posts.length > before);
  }
  await done;
  await turn();
  const sent = posts.map(({ body }) => JSON.parse(body) as { id: string; threshold: number });
  assert.deepEqual(
    sent.map(({ threshold }) => threshold),
    [0.75, 0.75, 0.75, 0.95],
  );
  assert.equal(new Set(sent.map(({ id }) => id)).size, 2);
  assert.equal(webhook.waiting(), 0);
});

test("what waits is bounded, and a closing router does not wait for a dead address", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { webhook } = setUp(Array.from({ length: 9 }, () => 500));
  for (let index = 0; index < 1_500; index++) webhook.send(event);
  await turn();
  assert.equal(webhook.waiting(), 1_000);
  await webhook.close();
  assert.equal(webhook.waiting(), 0);
});

test("a closing router waits for the message that is under way, and sends those behind it", async () => {
  const { promise: answer, resolve } = Promise.withResolvers<number>();
  const bodies: string[] = [];
  const webhook = new BudgetWebhook(settings, {
    clock: createManualClock(atMs),
    logger: silentLogger,
    post: (_url, _headers, body) => {
      bodies.push(body);
      return answer;
    },
  });
  webhook.send(event);
  webhook.send({ ...event, threshold: 0.95 });
  const closing = webhook.close();
  resolve(200);
  await closing;
  assert.deepEqual(
    bodies.map((body) => (JSON.parse(body) as { threshold: number }).threshold),
    [0.75, 0.95],
  );
});

test("a message that is refused eight times is given up, and the log says what came of it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const errors: LogFields[] = [];
  const pauses: number[] = [];
  const statuses = [199, 300, 0, 500, 500, 500, 500, 404];
  let attempts = 0;
  const webhook = new BudgetWebhook(settings, {
    clock: createManualClock(atMs),
    logger: { ...silentLogger, error: (fields: LogFields) => errors.push(fields) },
    post: () => {
      const status = statuses[attempts++]!;
      return status === 0 ? Promise.reject(new Error("refused")) : Promise.resolve(status);
    },
  });
  webhook.send(event);
  await turn();
  for (let seconds = 1; seconds <= 200; seconds++) {
    const before = attempts;
    t.mock.timers.tick(1_000);
    await turn();
    if (attempts > before) pauses.push(seconds);
  }
  assert.deepEqual(pauses, [1, 3, 7, 15, 31, 63, 127]);
  assert.deepEqual(errors, [{ problem: "it answered 404", event: "budgetThresholdReached", attempts: 8 }]);
  assert.equal(webhook.waiting(), 0);
});

test("the log of a message that is given up says why the receiver could not be reached", async (t) => {
  const taken = createServer();
  await once(taken.listen(0, "127.0.0.1"), "listening");
  const { port } = taken.address() as AddressInfo;
  await new Promise((closed) => taken.close(closed));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { promise: logged, resolve } = Promise.withResolvers<LogFields>();
  const webhook = new BudgetWebhook(
    { ...settings, url: `http://127.0.0.1:${port}/` },
    { clock: createManualClock(atMs), logger: { ...silentLogger, error: resolve } },
  );
  webhook.send(event);
  const ticking = setInterval(() => t.mock.timers.tick(60_000), 5);
  t.after(() => clearInterval(ticking));
  assert.match(String((await logged).problem), /^connect ECONNREFUSED /);
});

test("a router that ends waits three seconds for a receiver that hangs, and says what was not sent", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const warnings: LogFields[] = [];
  const webhook = new BudgetWebhook(settings, {
    clock: createManualClock(atMs),
    logger: { ...silentLogger, warn: (fields: LogFields) => warnings.push(fields) },
    post: () => new Promise(() => {}),
  });
  webhook.send(event);
  webhook.send(event);
  let isClosed = false;
  const closing = webhook.close().then(() => (isClosed = true));
  t.mock.timers.tick(2_999);
  await turn();
  assert.equal(isClosed, false);
  t.mock.timers.tick(1);
  await closing;
  assert.deepEqual(warnings, [{ messages: 2 }]);
});

test("what waits goes to an address that is configured meanwhile, and nowhere without one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { webhook, posts } = setUp([500, 200]);
  webhook.send(event);
  await turn();
  webhook.configure({ ...settings, url: "http://hooks.test/y" });
  t.mock.timers.tick(1_000);
  await turn();
  assert.deepEqual(
    posts.map(({ url }) => url),
    ["http://hooks.test/x", "http://hooks.test/y"],
  );
  const other = setUp([500, 200]);
  other.webhook.send(event);
  await turn();
  other.webhook.configure(null);
  assert.equal(other.webhook.waiting(), 0);
  t.mock.timers.tick(1_000);
  await turn();
  assert.equal(other.posts.length, 1);
});

test("a message is posted as JSON with its signature, and a receiver that points elsewhere is not followed", async (t) => {
  const received: { method: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ method: request.method, headers: request.headers, body });
      response.writeHead(received.length === 1 ? 204 : 307, { location: "/elsewhere" }).end();
    });
  });
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const webhook = new BudgetWebhook(
    { ...settings, url },
    { clock: createManualClock(atMs + 999), logger: silentLogger },
  );
  webhook.send(event);
  webhook.send(event);
  await webhook.close();
  assert.equal(received.length, 2);
  const [{ method, headers, body }] = received as [(typeof received)[0]];
  assert.equal(method, "POST");
  assert.equal((JSON.parse(body) as { event: string }).event, event.kind);
  const signed = webhookHeaders(body, "s3cret", atMs);
  assert.equal(Object.keys(signed).length, 3);
  for (const [name, value] of Object.entries(signed)) assert.equal(headers[name], value);
});

test("without an address nothing waits", () => {
  const webhook = new BudgetWebhook(null, { clock: createManualClock(0), logger: silentLogger });
  webhook.send(event);
  assert.equal(webhook.waiting(), 0);
});
