/**
 * A million distinct small answers pass through the level in memory, in a process of its own: prints, as JSON, how much
 * its memory grew. Run with `--expose-gc`.
 */
import { MemoryAnswerStore } from "../../src/cache/memory.ts";
import type { KeptAnswer } from "../../src/cache/answer-store.ts";

const maxBytes = Number(process.argv[2]);
const answers = Number(process.argv[3]);
const bodyBytes = Number(process.argv[4]);

async function usedBytes(): Promise<number> {
  globalThis.gc!();
  // What the first round freed of buffers is given back by a thread of its own.
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** As a call leaves it: nothing of it is shared with another one. */
function createAnswer(serial: number): KeptAnswer {
  const body = Buffer.allocUnsafeSlow(bodyBytes);
  body.fill(serial % 256);
  const usage = { uncachedInput: serial, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 5, reasoning: 0 };
  return {
    target: { provider: `p${serial % 10}`, model: `m${serial % 10}` },
    dialect: "anthropic-messages",
    endpoint: "messages",
    isStream: false,
    body,
    facts: {
      answeredModel: `m-${serial}`,
      answerId: `msg_${serial}`,
      stopReason: "end_turn",
      usage: { ...usage, serverToolRequests: 0 },
      isUsageEstimated: false,
      outputCharacters: serial,
    },
    pace: [],
    keptAtMs: Date.now(),
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    user: `user-${serial}`,
    askedModel: `model-${serial}`,
  };
}

const store = new MemoryAnswerStore(maxBytes);
const before = await usedBytes();
const residentBefore = process.memoryUsage().rss;
let mostUsed = 0;
let mostResident = 0;
for (let serial = 0; serial < answers; serial++) {
  store.put(serial.toString(36).padStart(43, "k"), createAnswer(serial), 0);
  if (serial % Math.ceil(answers / 20) !== 0) continue;
  mostUsed = Math.max(mostUsed, (await usedBytes()) - before);
  mostResident = Math.max(mostResident, process.memoryUsage().rss - residentBefore);
}
mostUsed = Math.max(mostUsed, (await usedBytes()) - before);
console.log(JSON.stringify({ ...store.stats(), usedBytes: mostUsed, residentBytes: mostResident }));
