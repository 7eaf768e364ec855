/** Identical calls at the same time, through the whole router. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { dialects } from "../../src/core/dialect.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startRouter } from "../kit/router-process.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { answerOf, question, startCacheRouter } from "./cache-router.ts";

for (const client of dialects) {
  for (const provider of dialects) {
    test(`100 identical streams at once make one call to ${provider}, and each ${client} client gets the same bytes`, async (t) => {
      const router = await startCacheRouter(t);
      // Long enough for all to come meanwhile, on a machine that has other work.
      router.providers[provider].behave({ firstTokenMs: 1_000 });
      const asked = question(client, provider, true);
      const answers = await Promise.all(Array.from({ length: 100 }, () => router.ask(client, asked)));
      assert.equal(router.providers[provider].counts().requests, 1);
      const inFlight = answers.filter(({ cache }) => cache !== "hit");
      const steady = new Set(inFlight.map(({ text, callId }) => text.replaceAll(callId.slice("req_".length), "ID")));
      assert.equal(steady.size, 1);
      assert.ok([...steady][0]!.includes(client === "openai-chat" ? "[DONE]" : "message_stop"));
      const counts = Map.groupBy(answers, ({ cache }) => cache);
      assert.equal(counts.get("miss")!.length, 1);
      const joined = counts.get("joined")!.length;
      // On a machine that has no time some come when it is over: they get what is kept.
      assert.equal(joined + (counts.get("hit")?.length ?? 0), 99);
      assert.equal((await router.stats()).joinedCalls, joined);
    });
  }
}

test("one pays, the others join at no cost", async (t) => {
  const router = await startCacheRouter(t);
  router.providers["openai-chat"].behave({ firstTokenMs: 100 });
  const asked = question("openai-chat", "openai-chat", false);
  const answers = await Promise.all([1, 2, 3].map(() => router.ask("openai-chat", asked)));
  const records = await Promise.all(answers.map(({ callId }) => router.record(callId)));
  const paid = records.filter(({ cacheStatus }) => cacheStatus === "miss");
  assert.equal(paid.length, 1);
  for (const joined of records.filter((record) => record !== paid[0])) {
    assert.deepEqual([joined.cacheStatus, joined.cost!.nanoUsd, joined.attempts.length], ["joined", 0, 0]);
    assert.equal(joined.savings!.answerCache, paid[0]!.cost!.nanoUsd);
    // The wait was the provider's, not the router's.
    assert.ok(joined.providerMs > joined.durationMs / 2, `${joined.providerMs} of ${joined.durationMs} ms`);
  }
});

test("a call that is left while it is tried again keeps nothing of the try before, and is no error in the log", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { fault: { kind: "hang" } } });
  t.after(() => provider.close());
  const configuration = {
    providers: { theirs: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "a" } },
    retries: { baseDelayMs: 1 },
    cache: { enabled: true },
  };
  const router = await startRouter(t, { configuration });
  const body = JSON.stringify(question("anthropic-messages", "anthropic-messages", false));
  const ask = (signal: AbortSignal | null = null): Promise<Response> =>
    fetch(`${router.url}/v1/messages`, { method: "POST", body, signal });
  provider.behaveNext({ fault: { kind: "malformed", afterFrames: 1 } }, 1);
  const leaving = new AbortController();
  const left = ask(leaving.signal).catch(() => null);
  await waitUntil("it is tried again", () => provider.counts().requests === 2);
  leaving.abort();
  await left;
  await waitUntil("its provider call is over", () => provider.counts().running === 0);
  provider.behave({ fault: null });
  const again = await ask();
  assert.deepEqual([again.status, again.headers.get("x-ccr-cache")], [200, "miss"]);
  await again.text();
  await router.stop();
  await waitUntil("its log is read to its end", () => router.output().includes("stopping: "));
  assert.deepEqual(
    router.logs.filter(({ level }) => level === "error"),
    [],
  );
});

test("who comes late gets what there is so far at once, then follows", async (t) => {
  const router = await startCacheRouter(t);
  router.providers["anthropic-messages"].behave({ tokensPerSecond: 100, answerTokens: 60 });
  const asked = question("anthropic-messages", "anthropic-messages", true);
  const first = await router.open("anthropic-messages", asked);
  await waitUntil("half of the answer is there", () => first.events.length > 20);
  const late = await router.open("anthropic-messages", asked);
  await waitUntil("the late caller has caught up", () => late.events.length >= 20);
  assert.ok(!late.text().includes("message_stop"), "it joined while the answer was coming");
  await Promise.all([first.ended, late.ended]);
  assert.equal(late.text(), first.text());
  assert.equal(late.headers["x-ccr-cache"], "joined");
  assert.equal(router.providers["anthropic-messages"].counts().requests, 1);
});

test("who joins in a later second is told the same time of creation, and so is who comes when it is over", async (t) => {
  const router = await startCacheRouter(t);
  router.providers["anthropic-messages"].behave({ tokensPerSecond: 20, answerTokens: 40 });
  const asked = question("openai-chat", "anthropic-messages", true);
  const first = await router.open("openai-chat", asked);
  await nextSecond();
  const late = await router.open("openai-chat", asked);
  await Promise.all([first.ended, late.ended]);
  assert.equal(late.headers["x-ccr-cache"], "joined");
  assert.deepEqual(timesOf(late.text()), timesOf(first.text()));
  const hit = await router.ask("openai-chat", asked);
  await nextSecond();
  const laterHit = await router.ask("openai-chat", asked);
  assert.deepEqual([hit.cache, laterHit.cache, timesOf(hit.text).length], ["hit", "hit", 1]);
  assert.deepEqual(timesOf(laterHit.text), timesOf(hit.text));
});

async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1_000);
  await waitUntil("the next second has begun", () => Math.floor(Date.now() / 1_000) > second);
}

/** What the chunks of an OpenAI stream say of their answer's creation. */
function timesOf(text: string): string[] {
  return [...new Set(text.match(/"created":\d+/g))];
}

test("the first caller leaves: the others get all of the answer, and it is kept; its record says that it paid", async (t) => {
  const router = await startCacheRouter(t);
  const provider = router.providers["anthropic-messages"];
  provider.behave({ tokensPerSecond: 200, answerTokens: 40 });
  const asked = question("anthropic-messages", "anthropic-messages", true);
  const first = await router.open("anthropic-messages", asked);
  const second = await router.open("anthropic-messages", asked);
  await waitUntil("the answer has begun", () => first.events.length > 5 && second.events.length > 5);
  first.leave();
  assert.equal(await second.ended, "whole");
  assert.match(second.text(), /message_stop/);
  assert.equal(provider.counts().aborted, 0);
  const [left, joined] = [await router.record(answerOf(first).callId), await router.record(answerOf(second).callId)];
  assert.deepEqual(
    [left.outcome, left.cacheStatus, joined.outcome, joined.cacheStatus],
    ["aborted", "miss", "success", "joined"],
  );
  assert.ok(left.cost!.nanoUsd > 0 && !left.isUsageEstimated);
  assert.equal(joined.cost!.nanoUsd, 0);
  assert.equal((await router.ask("anthropic-messages", asked)).cache, "hit");
});

test("the last caller leaves: the provider's request ends at once", async (t) => {
  const router = await startCacheRouter(t);
  const provider = router.providers["openai-chat"];
  provider.behave({ tokensPerSecond: 20, answerTokens: 2_000 });
  const asked = question("openai-chat", "openai-chat", true);
  const streams = [await router.open("openai-chat", asked), await router.open("openai-chat", asked)];
  await waitUntil("both hear of it", () => streams.every(({ events }) => events.length > 1));
  streams[0]!.leave();
  streams[1]!.leave();
  await waitUntil("the provider sees its client leave", () => provider.counts().aborted === 1);
  const records = await Promise.all(streams.map((stream) => router.record(answerOf(stream).callId)));
  assert.deepEqual(
    records.map(({ outcome }) => outcome),
    ["aborted", "aborted"],
  );
});

test("callers leave before the answer begins: it goes on for the last of them", async (t) => {
  const router = await startCacheRouter(t);
  const provider = router.providers["openai-chat"];
  provider.behave({ firstTokenMs: 400 });
  const asked = question("openai-chat", "openai-chat", false);
  const aborts = [new AbortController(), new AbortController()];
  const call = (signal?: AbortSignal) =>
    fetch(`${router.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(asked),
      ...(signal ? { signal } : {}),
    });
  const leaving = aborts.map(({ signal }) => call(signal).catch(() => null));
  await waitUntil("the provider is asked", () => provider.counts().requests === 1);
  const staying = call();
  const inFlight = async () =>
    ((await (await fetch(`${router.url}/debug/connections`)).json()) as { calls: unknown[] }).calls.length;
  await waitUntil("all three are in flight", async () => (await inFlight()) === 3);
  for (const abort of aborts) abort.abort();
  await Promise.all(leaving);
  const answer = await staying;
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /chat.completion/);
  assert.deepEqual([provider.counts().requests, provider.counts().aborted], [1, 0]);
});

test("a provider's failure is everybody's; nobody asks again for it", async (t) => {
  const router = await startCacheRouter(t, { retries: { attemptsPerTarget: 1 } });
  const provider = router.providers["anthropic-messages"];
  provider.behave({ firstTokenMs: 200, fault: { kind: "status", status: 400 } });
  const asked = question("anthropic-messages", "anthropic-messages", true);
  const answers = await Promise.all(Array.from({ length: 10 }, () => router.ask("anthropic-messages", asked)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [400]);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.equal(provider.counts().requests, 1);
});

test("a leader whose budget is used up gives way: the others are served all the same", async (t) => {
  const keys = ["poor", "rich"].map((user) => ({ hash: hash("sha256", user, "hex"), user }));
  const caps = [{ scope: "user", id: "poor", daily: 0.000001 }];
  const router = await startCacheRouter(t, {
    auth: { keys },
    cache: { scope: "all" },
    budgets: { caps, mode: "strict" },
  });
  const asked = question("openai-chat", "openai-chat", false);
  const [poor, rich] = await Promise.all(
    ["poor", "rich"].map((user) => router.ask("openai-chat", asked, { "x-api-key": user })),
  );
  assert.equal(rich!.status, 200);
  // Who comes second joins, at no cost to anybody's budget.
  if (poor!.cache !== "joined") assert.equal(poor!.status, 429);
  // What is paid for is there for all.
  assert.equal((await router.ask("openai-chat", asked, { "x-api-key": "poor" })).status, 200);
});

test("when a leader gives way to many, one of them leads and pays", async (t) => {
  const keys = ["poor", "rich"].map((user) => ({ hash: hash("sha256", user, "hex"), user }));
  const caps = [{ scope: "user", id: "poor", daily: 0.000001 }];
  const settings = { auth: { keys }, cache: { scope: "all" }, budgets: { caps, mode: "strict" } };
  const router = await startCacheRouter(t, settings);
  const provider = router.providers["openai-chat"];
  // Long enough for all to come meanwhile, on a machine that has other work.
  provider.behave({ firstTokenMs: 1_000 });
  const asked = question("openai-chat", "openai-chat", true);
  const users = ["poor", ...Array.from({ length: 30 }, () => "rich")];
  const answers = await Promise.all(users.map((user) => router.ask("openai-chat", asked, { "x-api-key": user })));
  assert.deepEqual([...new Set(answers.slice(1).map(({ status }) => status))], [200]);
  assert.equal(provider.counts().requests, 1);
});

test("a whole call joins a stream, a streamed one does not wait for a whole one", async (t) => {
  const router = await startCacheRouter(t);
  const provider = router.providers["anthropic-messages"];
  provider.behave({ tokensPerSecond: 100, answerTokens: 30 });
  const stream = await router.open("anthropic-messages", question("anthropic-messages", "anthropic-messages", true));
  const whole = await router.ask("anthropic-messages", question("anthropic-messages", "anthropic-messages", false));
  assert.deepEqual([whole.status, whole.cache, provider.counts().requests], [200, "joined", 1]);
  assert.match(whole.text, /"stop_reason":"end_turn"/);
  // Anthropic's client libraries go by it: of any other type they hand out the text.
  assert.equal(whole.headers["content-type"], "application/json");
  await stream.ended;
});

test("a client that does not read does not stall the others", async (t) => {
  const router = await startCacheRouter(t);
  const provider = router.providers["anthropic-messages"];
  provider.behave({ firstTokenMs: 100, answerTokens: 20_000 });
  const asked = { ...question("anthropic-messages", "anthropic-messages", true), max_tokens: 30_000 };
  const [stalled, ...others] = await Promise.all([1, 2, 3].map(() => router.open("anthropic-messages", asked)));
  stalled!.pause();
  assert.deepEqual(await Promise.all(others.map(({ ended }) => ended)), ["whole", "whole"]);
  stalled!.resume();
  assert.equal(await stalled!.ended, "whole");
  assert.equal(stalled!.text(), others[0]!.text());
  assert.equal(provider.counts().requests, 1);
});
