/** Commands to Redis that no call waits for: sent whatever the guard thinks, and waited for five seconds. */
import { withinTime } from "../../core/time/within-time.ts";
import { mastersOf, refusalOf } from "./redis-client.ts";
import type { IoRedis } from "./redis-client.ts";

export interface AnyCommand {
  /** Any command: `call("GET", [key])`. Texts come back as strings. */
  call(command: string, values: readonly (string | number | Buffer)[]): Promise<unknown>;
  /** The same, with texts as Buffers: for values that are no text. */
  callBuffer(command: string, values: readonly (string | number | Buffer)[]): Promise<unknown>;
}

type VisitKeys = (keys: readonly string[]) => Promise<void>;

export interface UnhurriedCommands extends AnyCommand {
  /** Visits the keys that match a pattern, some at a time, on each node of a cluster. */
  eachKey(pattern: string, visit: VisitKeys): Promise<void>;
}

/** Keys asked for at once: few enough for calls not to wait behind the answer. */
const keysAtOnce = 200;
const patienceMs = 5_000;

/** Rejects with what Redis itself said, else with `trouble`'s words: the client's own are of its queues and tries. */
export function unhurriedCommands(client: IoRedis, trouble: () => string | null): UnhurriedCommands {
  const inWords = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer;
    } catch (cause) {
      throw refusalOf(cause) === null ? new Error(trouble() ?? "it does not answer", { cause }) : cause;
    }
  };
  return {
    call: (command, values) => inWords(withinTime(client.call(command, [...values]), patienceMs)),
    callBuffer: (command, values) => inWords(withinTime(client.callBuffer(command, [...values]), patienceMs)),
    eachKey: (pattern, visit) => inWords(visitEachKey(client, pattern, visit)),
  };
}

async function visitEachKey(client: IoRedis, pattern: string, visit: VisitKeys): Promise<void> {
  for (const node of mastersOf(client)) await visitKeys(node, pattern, visit);
}

async function visitKeys(node: IoRedis, pattern: string, visit: VisitKeys): Promise<void> {
  let cursor = "0";
  do {
    const scan = node.call("SCAN", [cursor, "MATCH", pattern, "COUNT", keysAtOnce]);
    const found = await withinTime(scan, patienceMs);
    const [next, keys] = found as [string, string[]];
    if (keys.length > 0) await visit(keys);
    cursor = next;
  } while (cursor !== "0");
}
