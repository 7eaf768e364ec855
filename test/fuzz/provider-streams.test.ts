/** Mutated provider answers, streamed and whole, through all four pairs of dialects. `CCR_FUZZ=100000` for the long run. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import { createAnswerCase } from "./answer-cases.ts";
import type { AnswerCase } from "./answer-cases.ts";
import { checkAnswer } from "./check-answer.ts";
import { fuzzKey, startFuzzRouter } from "./fuzz-router.ts";
import type { FuzzRouter } from "./fuzz-router.ts";
import { sendRaw } from "./raw-client.ts";
import { startRawProvider } from "./raw-provider.ts";
import type { RawProvider } from "./raw-provider.ts";
import { caseCount, eventually, firstSeed, growthLimitMb, liveHeapMb, runCases } from "./run-cases.ts";

const deadlineMs = 10_000;
const lanes = 16;

interface Pairing {
  readonly client: Dialect;
  readonly provider: Dialect;
  readonly isStreaming: boolean;
}

const dialects: readonly Dialect[] = ["anthropic-messages", "openai-chat"];
const pairings: readonly Pairing[] = dialects.flatMap((client) =>
  dialects.flatMap((provider) => [true, true, false].map((isStreaming) => ({ client, provider, isStreaming }))),
);

let providers: RawProvider[];
let router: FuzzRouter;
/** Answers with status 200 so far. */
let served = 0;

before(async () => {
  providers = await Promise.all(dialects.map((dialect) => startRawProvider((_head, body) => answerFor(dialect, body))));
  router = await startFuzzRouter({ anthropicPort: providers[0]?.port ?? 0, openaiPort: providers[1]?.port ?? 0 });
});

after(async () => {
  await router.close();
  await Promise.all(providers.map((provider) => provider.close()));
});

test("whatever a provider sends, the client gets a well-formed answer or error, and nothing is left behind", async () => {
  const count = caseCount(1_500);
  const warmUp = Math.ceil(count / 3);
  const failures = await runCases(firstSeed, warmUp, lanes, runCase);
  const heapBeforeMb = liveHeapMb();
  failures.push(...(await runCases(firstSeed + warmUp, count - warmUp, lanes, runCase)));
  assert.deepEqual(failures, []);
  const reached = providers.reduce((sum, provider) => sum + provider.requests(), 0);
  assert.ok(reached >= count * 0.95, `only ${reached} of ${count} calls reached a provider: the others prove nothing`);
  assert.ok(served >= count * 0.4, `only ${served} of ${count} calls were served: the rest are refusals`);
  assert.deepEqual(router.defects, []);
  assert.ok(await eventually(async () => (await router.openCalls()) === 0, 5_000), "calls stay open");
  const open = (): number => providers.reduce((sum, provider) => sum + provider.openSockets(), 0);
  assert.ok(await eventually(() => open() <= 4 * lanes, 5_000), `${open()} sockets to providers stay open`);
  const grownMb = liveHeapMb() - heapBeforeMb;
  assert.ok(grownMb < growthLimitMb(count - warmUp), `the heap grew by ${grownMb.toFixed(1)} MB`);
});

async function runCase(seed: number): Promise<string | null> {
  const pairing = pairingOf(seed);
  const result = await sendRaw(router.port, [requestOf(seed, pairing)], false, deadlineMs);
  const sent = createAnswerCase(seed, pairing.provider, pairing.isStreaming);
  const name = `${sent.kind}, ${pairing.provider} to ${pairing.client}${pairing.isStreaming ? ", streamed" : ""}`;
  if (result.kind === "hang") return `${name}: no end within ${deadlineMs} ms: ${result.text}`;
  if (result.kind === "silent") return `${name}: closed without an answer`;
  if (result.kind === "malformed") return `${name}: malformed answer ${JSON.stringify(result.text)}`;
  if (result.answer.status === 200) served++;
  // In one dialect bytes pass as they are, faults of the provider included: only the framing is the router's own.
  if (pairing.client === pairing.provider) return null;
  const problem = checkAnswer(result.answer, pairing.client);
  return problem === null
    ? null
    : `${name}: ${problem}; status ${result.answer.status}, ${result.answer.body.slice(-300)}`;
}

function pairingOf(seed: number): Pairing {
  return (
    pairings[seed % pairings.length] ?? { client: "anthropic-messages", provider: "openai-chat", isStreaming: true }
  );
}

/** A plain request whose text carries the seed: the provider answers with the case of that number. */
function requestOf(seed: number, { client, provider, isStreaming }: Pairing): Buffer {
  const body = JSON.stringify({
    model: provider === "anthropic-messages" ? "anthropic-side/fuzz" : "openai-side/fuzz",
    max_tokens: 100,
    messages: [{ role: "user", content: `case <${seed}>` }],
    tools: client === "anthropic-messages" ? [anthropicTool] : [openaiTool],
    stream: isStreaming,
  });
  const path = client === "anthropic-messages" ? "/v1/messages" : "/v1/chat/completions";
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${fuzzKey}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const schema = { type: "object", properties: { path: { type: "string" } } };
const anthropicTool = { name: "Read", input_schema: schema };
const openaiTool = { type: "function", function: { name: "Read", parameters: schema } };

function answerFor(dialect: Dialect, body: string): AnswerCase {
  const seed = Number(/case <(\d+)>/.exec(body)?.[1] ?? 0);
  return createAnswerCase(seed, dialect, /"stream":\s*true/.test(body));
}
