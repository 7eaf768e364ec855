/** That nothing builds up over many calls of every kind: memory, sockets, timers, rejections. */
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createRandom, pickInteger, pickOne } from "../../src/simulation/random.ts";
import type { Random } from "../../src/simulation/random.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { question } from "./steady-callers.ts";

const isFull = process.env["CCR_RELIABILITY"] === "full";
/** Calls between two looks at the memory. */
const roundCalls = isFull ? 20_000 : 1_000;
const growthLimitBytes = 2_000_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Live memory after full collections. */
async function liveBytes(): Promise<number> {
  for (let times = 0; times < 4; times++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What keeps the event loop busy, by kind and number. */
function resources(): string {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
}

/** One call of some kind: whole or streamed, either dialect, wrong, failing, or left in the middle. */
function callOnce(url: string, agent: Agent, random: Random): Promise<void> {
  const isChat = random() < 0.3;
  const model = pickOne(random, ["first/claude-sonnet-4-5", "second/gpt-4.1", "both", "no-such-model"]);
  const body = random() < 0.05 ? "{" : JSON.stringify({ ...question, model, stream: random() < 0.6 });
  const leaveAfterMs = random() < 0.15 ? pickInteger(random, 0, 8) : null;
  const headers = {
    "content-length": Buffer.byteLength(body),
    "x-claude-code-session-id": `s${pickInteger(random, 1, 50)}`,
  };
  return new Promise((resolve) => {
    const path = isChat ? "/v1/chat/completions" : "/v1/messages";
    const outgoing = request(url + path, { method: "POST", agent, headers }, (answer) => {
      answer.on("error", () => undefined);
      answer.resume();
    });
    const leaving = leaveAfterMs === null ? undefined : setTimeout(() => outgoing.destroy(), leaveAfterMs);
    outgoing.on("error", () => undefined);
    outgoing.on("close", () => {
      clearTimeout(leaving);
      resolve();
    });
    outgoing.end(body);
  });
}

async function startProviders(t: CleansUp): Promise<readonly [SimulatedProvider, SimulatedProvider]> {
  const behaviour = {
    failures: [
      { status: 500, ratio: 0.02 },
      { status: 529, ratio: 0.02 },
    ],
    answerTokens: 20,
  };
  const first = await createSimulatedProvider({ kind: "anthropic", keepRequests: 1, behaviour });
  const second = await createSimulatedProvider({ kind: "openai", keepRequests: 1, behaviour });
  t.after(async () => {
    await first.close();
    await second.close();
  });
  return [first, second];
}

test("thousands of calls, streamed, whole, wrong, failing and left: memory stays flat, no socket or timer is left", async (t) => {
  const resourcesBefore = resources();
  // Cleans up within the test: what is left afterwards is the question.
  const hooks: (() => unknown)[] = [];
  const own: CleansUp = { after: (clean) => void hooks.push(clean) };
  const [first, second] = await startProviders(own);
  const router = await startLocalRouter(own, {
    providers: {
      first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a" },
      second: { kind: "openai", baseUrl: second.baseUrl, apiKey: "b" },
    },
    aliases: { both: ["first/claude-sonnet-4-5", "second/gpt-4.1"] },
    retries: { baseDelayMs: 1, maxDelayMs: 2 },
    breaker: { failureThreshold: 1_000_000, failureRatio: 1, minimumCalls: 1_000_000 },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  await runRounds(t, router.url, agent, [first, second]);
  agent.destroy();
  for (const hook of hooks.reverse()) await hook();
  await waitUntil("nothing is left", () => sockets() === 0 && resources().length <= resourcesBefore.length);
});

async function runRounds(
  t: TestContext,
  url: string,
  agent: Agent,
  providers: readonly SimulatedProvider[],
): Promise<void> {
  const random = createRandom(7);
  const round = async (): Promise<number> => {
    let left = roundCalls;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await callOnce(url, agent, random);
    };
    await Promise.all(Array.from({ length: 30 }, caller));
    await waitUntil("no call is left", () => providers.every((provider) => provider.counts().running === 0));
    for (const [index, provider] of providers.entries()) {
      const open = provider.counts().openConnections;
      assert.ok(open <= 80, `${open} connections to provider ${index}`);
    }
    return liveBytes();
  };
  // Caches fill, code is compiled.
  await round();
  await round();
  const before = await round();
  const after = Math.min(await round(), await round());
  t.diagnostic(`live memory ${(before / 1e6).toFixed(1)} MB, then ${(after / 1e6).toFixed(1)} MB`);
  assert.ok(after - before < growthLimitBytes, `memory grew by ${after - before} bytes in ${roundCalls} calls`);
}
