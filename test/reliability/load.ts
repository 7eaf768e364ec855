/** Callers of a router process under load, who write down how each of their calls ended. */
import { Agent, request } from "node:http";
import type { CleansUp } from "../kit/temporary-folder.ts";

export interface LoadCounts {
  /** Ids of calls whose answers were received whole, with status 200, and when. */
  readonly whole: readonly { readonly id: string; readonly atMs: number }[];
  /** What was wrong with the others. */
  readonly failures: readonly string[];
}

export interface Load {
  readonly counts: LoadCounts;
  /** Lets calls in flight end. */
  stop(): Promise<void>;
}

/**
 * Starts `callers` who call one after the other over kept connections. `bodies` are sent in turn. They stop when the test
 * `t` ends, at the latest.
 */
export function startLoad(t: CleansUp, url: string, callers: number, bodies: readonly object[]): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const whole: { id: string; atMs: number }[] = [];
  const failures: string[] = [];
  const over = new AbortController();
  const texts = bodies.map((body) => JSON.stringify(body));
  const run = async (caller: number): Promise<void> => {
    for (let call = caller; !over.signal.aborted; call++) {
      const text = texts[call % texts.length] ?? "{}";
      const ended = await callOnce(`${url}/v1/messages`, agent, text);
      if (typeof ended === "string") whole.push({ id: ended, atMs: performance.now() });
      else failures.push(ended.failure);
      // A router that is gone refuses at once. One that serves is left time: what is to happen meanwhile needs the machine too.
      await new Promise((resolve) => setTimeout(resolve, typeof ended === "string" ? 4 : 20));
    }
  };
  const running = Promise.all(Array.from({ length: callers }, (_, index) => run(index)));
  const stop = async (): Promise<void> => {
    over.abort();
    await running;
    agent.destroy();
  };
  t.after(stop);
  return { counts: { whole, failures }, stop };
}

/** The call's id where it was answered whole with 200. */
function callOnce(url: string, agent: Agent, body: string): Promise<string | { readonly failure: string }> {
  return new Promise((resolve) => {
    const outgoing = request(url, { method: "POST", agent, headers: { "content-length": Buffer.byteLength(body) } });
    outgoing.on("error", (error) => resolve({ failure: error.message }));
    outgoing.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("error", () => undefined);
      answer.on("close", () => {
        const isWhole = answer.complete && answer.statusCode === 200 && !text.includes('"type":"error"');
        const failure = `${answer.statusCode}, complete ${answer.complete}: ${text.slice(-300)}`;
        resolve(isWhole ? String(answer.headers["x-ccr-request-id"]) : { failure });
      });
    });
    outgoing.end(body);
  });
}
