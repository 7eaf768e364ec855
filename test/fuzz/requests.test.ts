/** Mutated requests against the whole router. 1,500 in a short run; `CCR_FUZZ=100000` for the long one. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import { baseAnswers, renderEvents } from "./base-answers.ts";
import type { AnswerCase } from "./answer-cases.ts";
import { checkAnswer } from "./check-answer.ts";
import { fuzzKey, startFuzzRouter } from "./fuzz-router.ts";
import type { FuzzRouter } from "./fuzz-router.ts";
import { sendRaw } from "./raw-client.ts";
import type { RawAnswer } from "./raw-client.ts";
import { startRawProvider } from "./raw-provider.ts";
import type { RawProvider } from "./raw-provider.ts";
import { createRequestCase } from "./request-cases.ts";
import type { RequestCase } from "./request-cases.ts";
import { caseCount, eventually, firstSeed, growthLimitMb, liveHeapMb, runCases } from "./run-cases.ts";

/** Far beyond every time limit of the router under test. */
const deadlineMs = 10_000;
const lanes = 16;

let providers: RawProvider[];
let router: FuzzRouter;

before(async () => {
  providers = await Promise.all([
    startRawProvider((_head, body) => politeAnswer("anthropic-messages", body)),
    startRawProvider((_head, body) => politeAnswer("openai-chat", body)),
  ]);
  router = await startFuzzRouter({ anthropicPort: providers[0]?.port ?? 0, openaiPort: providers[1]?.port ?? 0 });
});

after(async () => {
  await router.close();
  await Promise.all(providers.map((provider) => provider.close()));
});

test("every mutated request gets a well-formed answer or error, and leaves nothing behind", async () => {
  const count = caseCount(1_500);
  const warmUp = Math.ceil(count / 3);
  const failures = await runCases(firstSeed, warmUp, lanes, runCase);
  const heapBeforeMb = liveHeapMb();
  failures.push(...(await runCases(firstSeed + warmUp, count - warmUp, lanes, runCase)));
  assert.deepEqual(failures, []);
  const reached = providers.reduce((sum, provider) => sum + provider.requests(), 0);
  assert.ok(reached >= count * 0.2, `only ${reached} of ${count} requests reached a provider: too few prove anything`);
  assert.deepEqual(router.defects, []);
  assert.ok(await eventually(async () => (await router.openCalls()) === 0, 5_000), "calls stay open");
  const grownMb = liveHeapMb() - heapBeforeMb;
  assert.ok(grownMb < growthLimitMb(count - warmUp), `the heap grew by ${grownMb.toFixed(1)} MB`);
});

async function runCase(seed: number): Promise<string | null> {
  const request = createRequestCase(seed, fuzzKey);
  const result = await sendRaw(router.port, request.pieces, request.isHalf, deadlineMs);
  if (result.kind === "hang") return `${request.kind}: no answer within ${deadlineMs} ms ${result.text}`;
  if (result.kind === "malformed") return `${request.kind}: malformed answer ${JSON.stringify(result.text)}`;
  if (result.kind === "silent") return request.mayBeSilent ? null : `${request.kind}: closed without an answer`;
  const problem = checkInDialects(result.answer, dialectsOf(request));
  return problem === null
    ? null
    : `${request.kind}: ${problem}; status ${result.answer.status}, ${result.answer.body.slice(0, 300)}`;
}

function checkInDialects(answer: RawAnswer, dialects: readonly Dialect[]): string | null {
  const problems = dialects.map((dialect) => checkAnswer(answer, dialect));
  return problems.includes(null) ? null : problems.join("; ");
}

/** By the path as it was sent; one that the damage hit may be answered in either shape. */
function dialectsOf(request: RequestCase): readonly Dialect[] {
  const start = Buffer.concat(request.pieces).toString("latin1", 0, 60);
  if (start.startsWith("POST /v1/chat/completions HTTP/1.1\r\n")) return ["openai-chat"];
  return /^POST \/v1\/messages(?:\?beta=true|\/count_tokens)? HTTP\/1\.1\r\n/.test(start)
    ? ["anthropic-messages"]
    : ["anthropic-messages", "openai-chat"];
}

function politeAnswer(dialect: Dialect, body: string): AnswerCase {
  const isStreaming = /"stream":\s*true/.test(body);
  const { whole, events } = baseAnswers[dialect];
  const text = isStreaming ? renderEvents(dialect, events) : JSON.stringify(whole);
  const type = isStreaming ? "text/event-stream" : "application/json";
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`;
  return { seed: 0, kind: "polite", pieces: [Buffer.from(head + text)], afterwards: "keep-open" };
}
