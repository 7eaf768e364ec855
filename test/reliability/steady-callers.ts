/** Callers who are to notice nothing: they call a healthy provider all the time while something else goes wrong. */
import assert from "node:assert/strict";
import { request } from "node:http";
import type { JsonObject } from "../../src/core/json/json.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

export const question: { readonly max_tokens: number; readonly messages: readonly object[] } = {
  max_tokens: 64,
  messages: [{ role: "user", content: "How are you?" }],
};

/** The model that the healthy provider serves. */
export const healthyModel = "healthy/claude-sonnet-4-5";

const patienceMs = 5_000;
/** Generous, for machines that run other tests beside this one. Without any fault a call takes a few milliseconds. */
const slowestMs = 2_000;
const pauseMs = 5;

export interface RouterBeside extends LocalRouter {
  readonly healthy: SimulatedProvider;
}

/** A simulated provider that is closed after the test. */
export async function simulate(t: CleansUp): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind: "anthropic", keepRequests: 10 });
  t.after(() => provider.close());
  return provider;
}

/** A router with a healthy provider beside those of `providers`. */
export async function startBeside(
  t: CleansUp,
  providers: Readonly<Record<string, object>>,
  settings: object = {},
): Promise<RouterBeside> {
  const healthy = await simulate(t);
  const router = await startLocalRouter(t, {
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...settings,
    providers: { ...providers, healthy: { kind: "anthropic", baseUrl: healthy.baseUrl, apiKey: "h" } },
  });
  return { ...router, healthy };
}

/** A provider of Anthropic's dialect at `origin`, with limits that a test can wait for. */
export function providerAt(origin: string, timeouts: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    kind: "custom",
    dialect: "anthropic-messages",
    baseUrl: `${origin}/v1`,
    apiKey: "k",
    models: ["m"],
    timeouts: { connectMs: 1_000, firstByteMs: 300, betweenBytesMs: 300, ...timeouts },
    ...more,
  };
}

/** Does `work` while others call `url`, streamed and whole in turn: every call of theirs must be answered whole and soon. */
export async function whileOthersCall<Result>(url: string, work: () => Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const run = async (isStreaming: boolean): Promise<void> => {
    do {
      const startedMs = performance.now();
      const { status, text } = await post(`${url}/v1/messages`, {
        model: healthyModel,
        stream: isStreaming,
        ...question,
      });
      assert.equal(status, 200, text);
      assert.match(text, isStreaming ? /message_stop/ : /"stop_reason":"\w+".*\}$/);
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < slowestMs, `another call took ${tookMs} ms`);
      // Without it they would take all the machine's time from what is looked at.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    } while (!over.signal.aborted);
  };
  const others = Promise.all([run(true), run(false)]);
  try {
    const working = work();
    await Promise.race([working, others]);
    return await working;
  } finally {
    over.abort();
    await others;
  }
}

/** As the metrics page tells it. */
export async function callsInFlight(url: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(/^ccr_calls_in_flight(?:\{[^}]*\})? (\d+)/m.exec(page)?.[1]);
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly isWhole: boolean;
}

/** One call on a connection of its own. Rejects where no answer came. */
export function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  limitMs: number = patienceMs,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", agent: false, headers, signal: AbortSignal.timeout(limitMs) });
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("error", () => undefined);
      answer.on("close", () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, isWhole: answer.complete });
      });
    });
    outgoing.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}
