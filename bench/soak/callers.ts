/** Callers of a soak run: many at once, of every kind, polite and not. */
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { clientHeaders, messagesBody } from "../load/requests.ts";
import { benchKey } from "../servers/ours.ts";
import { createRandom, pickInteger, pickOne } from "../../src/simulation/random.ts";
import type { Random } from "../../src/simulation/random.ts";

export interface CallerCounts {
  /** Calls by how they ended: a status, `aborted`, `broken` (the connection closed early) or `hung`. */
  readonly ends: ReadonlyMap<string, number>;
  readonly calls: number;
}

export interface Callers {
  counts(): CallerCounts;
  /** Lets calls in flight end. */
  stop(): Promise<void>;
}

/** No call takes longer than this, whatever the provider does. */
const hangMs = 60_000;

/** Conversations that go on through the whole run. */
const sessions = 500;

interface Call {
  readonly path: string;
  readonly key: string;
  readonly body: string;
  /** Leaves after this long; null stays to the end. */
  readonly abortAfterMs: number | null;
}

/** Starts `count` callers who rest `restMs` on average between two calls. */
export function startCallers(port: number, count: number, restMs: number): Callers {
  const agent = new http.Agent({ keepAlive: true, maxSockets: count * 2 });
  const ends = new Map<string, number>();
  let calls = 0;
  const stopping = new AbortController();
  const run = async (seed: number): Promise<void> => {
    const random = createRandom(seed);
    while (!stopping.signal.aborted) {
      const end = await makeCall(port, agent, chooseCall(random), sessionOf(random));
      calls++;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      await sleep(random() * 2 * restMs);
    }
  };
  const running = Promise.all(Array.from({ length: count }, (_, index) => run(index + 1)));
  return {
    counts: () => ({ ends, calls }),
    stop: async () => {
      stopping.abort();
      await running;
      agent.destroy();
    },
  };
}

function chooseCall(random: Random): Call {
  const isStreaming = random() < 0.7;
  const model = pickOne(random, ["claude-sonnet-5", "gpt-5", "claude-sonnet-5", "gpt-5", "no-such-model"]);
  const key = random() < 0.01 ? "wrong-key" : benchKey;
  const abortAfterMs = random() < 0.1 ? pickInteger(random, 1, 300) : null;
  const roll = random();
  if (roll < 0.05) return { path: "/v1/messages", key, body: '{"model":"claude-sonnet-5","messages":7}', abortAfterMs };
  if (roll < 0.1)
    return { path: "/v1/messages/count_tokens", key, body: messagesBody(model, 2_000, false), abortAfterMs };
  if (roll < 0.3) return { path: "/v1/chat/completions", key, body: chatBody(model, isStreaming), abortAfterMs };
  const bytes = pickOne(random, [1_000, 5_000, 20_000, 200_000]);
  return { path: "/v1/messages", key, body: messagesBody(model, bytes, isStreaming), abortAfterMs };
}

function chatBody(model: string, isStreaming: boolean): string {
  const messages = [{ role: "user", content: "Tell me about streams in a hundred words." }];
  return JSON.stringify({ model, messages, max_completion_tokens: 300, stream: isStreaming });
}

function sessionOf(random: Random): string {
  return `soak-session-${pickInteger(random, 1, sessions)}`;
}

/** Makes one call and says how it ended. Never rejects. */
function makeCall(port: number, agent: http.Agent, call: Call, session: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = {
      ...clientHeaders,
      "x-api-key": call.key,
      "x-claude-code-session-id": session,
      "content-length": Buffer.byteLength(call.body),
    };
    const request = http.request({ port, host: "127.0.0.1", agent, method: "POST", path: call.path, headers });
    let end = "broken";
    const hang = setTimeout(() => {
      end = "hung";
      request.destroy();
    }, hangMs);
    const leave =
      call.abortAfterMs === null
        ? undefined
        : setTimeout(() => {
            end = "aborted";
            request.destroy();
          }, call.abortAfterMs);
    request.on("response", (response) => {
      response.on("end", () => {
        end = String(response.statusCode);
      });
      response.on("error", () => undefined);
      response.resume();
    });
    request.on("error", () => undefined);
    request.on("close", () => {
      clearTimeout(hang);
      clearTimeout(leave);
      resolve(end);
    });
    request.end(call.body);
  });
}
