/** The cases of requests, whole answers, errors and refusals, through the running router over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { toJsonObject } from "../../src/core/json/json.ts";
import type { CallRecord } from "../../src/core/record.ts";
import type { Recording } from "../../src/simulation/sending/replay.ts";
import { models, otherDialect, shortRequest, startCaseRouter } from "./case-router.ts";
import type { CaseRouter, ClientView } from "./case-router.ts";
import { plain } from "./oracle/plain.ts";
import { checkCase, loadCases, observeHttp, observeRequest, skipReason } from "./oracle.ts";
import type { TranslationCase } from "./oracle.ts";

const options = { skip: skipReason };

/** Cases that fail on purpose, and why. Everything else of every strength holds. */
const exceptions: Readonly<Record<string, string>> = {};

/** Directions that no route leads through, with their number of cases. */
const unreachable: Readonly<Record<string, readonly [count: number, reason: string]>> = {
  "response.gemini->anthropic": [5, "Gemini is asked by its OpenAI endpoint; its own dialect is not spoken"],
};

const good: Readonly<Record<Dialect, string>> = {
  "anthropic-messages":
    '{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Good."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}',
  "openai-chat":
    '{"id":"c1","object":"chat.completion","created":1,"model":"acme-1","choices":[{"index":0,"message":{"role":"assistant","content":"Good."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}',
};

/** Any good answer; a streamed one breaks off, since only the request matters. */
function goodAnswer(provider: Dialect, isStreaming: boolean): Recording {
  return isStreaming ? { payloads: [] } : { body: good[provider] };
}

test("every direction of the cases is run, or named as one that no route leads through", options, () => {
  const directions = new Set(loadCases("").map(({ direction }) => direction));
  for (const direction of directions) {
    assert.ok(ran.has(direction) || direction in unreachable || direction.startsWith("stream."), direction);
  }
  for (const [direction, [count]] of Object.entries(unreachable)) assert.equal(loadCases(direction).length, count);
});

const ran: ReadonlySet<string> = new Set([
  "request.anthropic->openai",
  "request.openai->anthropic",
  "response.openai->anthropic",
  "response.anthropic->openai",
  "error.openai->anthropic",
  "reject.anthropic",
]);

function check(testCase: TranslationCase, failures: readonly string[]): void {
  if (exceptions[testCase.id] === undefined) assert.deepEqual(failures, []);
  else assert.notDeepEqual(failures, [], `${testCase.id} is no exception any more`);
}

/** Asks `body` of the router while the provider of `provider`'s dialect answers with `recording`, each time it is asked. */
async function ask(
  router: CaseRouter,
  client: Dialect,
  body: unknown,
  provider: Dialect,
  recording: Recording,
): Promise<ClientView> {
  const simulated = router.providers[provider];
  simulated.resetBehaviour();
  simulated.forget();
  simulated.replay(recording, 5);
  return router.ask(client, body);
}

for (const client of ["anthropic-messages", "openai-chat"] as const) {
  const provider = otherDialect(client);
  const [from, to] = client === "openai-chat" ? ["openai", "anthropic"] : ["anthropic", "openai"];

  test(`requests of ${client} clients reach ${provider} providers as they must`, options, async (t) => {
    const router = await startCaseRouter(t);
    for (const testCase of loadCases(`request.${from}->${to}`)) {
      await t.test(testCase.id, async () => {
        const isAboutReasoning = /effort|adaptive/.test(testCase.id) && provider === "openai-chat";
        const model = isAboutReasoning ? models.thinking : models[provider];
        const body: JsonObject = { max_tokens: 100, ...testCase.request, model };
        const seen = await ask(router, client, body, provider, goodAnswer(provider, body["stream"] === true));
        const [sent] = router.providers[provider].requests;
        const observed =
          sent === undefined ? observeHttp(client, seen) : observeRequest(client, toJsonObject(sent.body));
        check(testCase, checkCase(testCase.expect, observed, testCase.strength));
      });
    }
  });

  test(`whole answers of ${provider} providers reach ${client} clients, and the record`, options, async (t) => {
    const router = await startCaseRouter(t);
    const cases = loadCases(`response.${to}->${from}`);
    const seen: ClientView[] = [];
    for (const testCase of cases) {
      const body = shortRequest(client, provider, false);
      seen.push(await ask(router, client, body, provider, recordingOf(testCase)));
    }
    const records = await router.records(seen.map(({ callId }) => callId));
    for (const [index, testCase] of cases.entries()) {
      await t.test(testCase.id, () => checkAnswer(testCase, client, seen[index]!, records));
    }
  });
}

function checkAnswer(
  testCase: TranslationCase,
  client: Dialect,
  seen: ClientView,
  records: ReadonlyMap<string, CallRecord>,
): void {
  const usage = records.get(seen.callId)?.usage ?? null;
  check(testCase, checkCase(testCase.expect, observeHttp(client, seen, usage), testCase.strength));
}

function recordingOf({ upstream }: TranslationCase): Recording {
  assert.ok(upstream !== null);
  const headers = Object.fromEntries(Object.entries(upstream.headers).map(([name, value]) => [name, plain(value)]));
  return { status: upstream.status, headers, body: upstream.bodyText ?? JSON.stringify(upstream.body) };
}

test("errors of openai-chat providers reach Anthropic clients in their shape and type", options, async (t) => {
  for (const testCase of loadCases("error.openai->anthropic")) {
    await t.test(testCase.id, async (t) => {
      // Each its own router: a key that was refused rests for a while.
      const router = await startCaseRouter(t);
      const body = shortRequest("anthropic-messages", "openai-chat", false);
      const seen = await ask(router, "anthropic-messages", body, "openai-chat", recordingOf(testCase));
      check(testCase, checkCase(testCase.expect, observeHttp("anthropic-messages", seen), testCase.strength));
    });
  }
});

test("requests that are wrong are refused in Anthropic's shape", options, async (t) => {
  const router = await startCaseRouter(t);
  for (const testCase of loadCases("reject.anthropic")) {
    await t.test(testCase.id, async () => {
      const body = testCase.requestText ?? withRoute(testCase.request ?? {});
      const seen = await ask(router, "anthropic-messages", body, "openai-chat", goodAnswer("openai-chat", false));
      check(testCase, checkCase(testCase.expect, observeHttp("anthropic-messages", seen), testCase.strength));
    });
  }
});

/** The case's model, where it has one, by another name. */
function withRoute(request: JsonObject): JsonObject {
  return request["model"] === undefined ? request : { ...request, model: models["openai-chat"] };
}
