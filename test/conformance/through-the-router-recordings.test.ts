/** Every recorded answer of a provider through the running router: to clients of its own dialect and of the other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/core/dialect.ts";
import { toJsonObject } from "../../src/core/json/json.ts";
import type { CallRecord } from "../../src/core/record.ts";
import type { Recording } from "../../src/simulation/sending/replay.ts";
import { otherDialect, shortRequest, startCaseRouter } from "./case-router.ts";
import type { CaseRouter, ClientView } from "./case-router.ts";
import { checkCase, encodePayloads, loadRecorded, observeHttp, skipReason } from "./oracle.ts";
import type { RecordedAnswer } from "./oracle.ts";
import { plain } from "./oracle/plain.ts";
import { assertRecordedUsage, assertTranslated } from "./recorded-answer-checks.ts";

const options = { skip: skipReason };

const protocols: Readonly<Record<Dialect, "anthropic" | "openai">> = {
  "anthropic-messages": "anthropic",
  "openai-chat": "openai",
};

/** Recordings that are malformed in themselves, by a part of their name, and what a client of the other dialect sees. */
const malformed: Readonly<Record<string, "error" | "part">> = {
  "programmatic-tool-calling": "part",
  "tool-search-regex": "part",
  "oai-tool-coincidentally-parsable": "part",
  "oc-tool-name-never": "error",
  "oc-unparsable": "error",
};

const lastPayloads: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": '{"type":"message_stop"}',
  "openai-chat": "[DONE]",
};

/** The bytes that the recording's provider sent; the last event where whoever recorded it left that out. */
function sentBytes({ isStreaming, payloads, body }: RecordedAnswer, provider: Dialect): Buffer {
  if (!isStreaming) return Buffer.from(body);
  const last = lastPayloads[provider];
  const isErrorLast = payloads.at(-1)?.includes('"type":"error"') === true;
  const isUnended = !payloads.includes(last) && !isErrorLast;
  return Buffer.concat(encodePayloads(isUnended ? [...payloads, last] : payloads, provider));
}

async function ask(
  router: CaseRouter,
  client: Dialect,
  provider: Dialect,
  recorded: RecordedAnswer,
): Promise<ClientView> {
  const type = recorded.isStreaming ? "text/event-stream" : "application/json";
  const body = sentBytes(recorded, provider);
  const recording: Recording = { status: recorded.status, headers: { "content-type": type }, body, writes: "whole" };
  router.providers[provider].resetBehaviour();
  router.providers[provider].replay(recording, 5);
  return router.ask(client, shortRequest(client, provider, recorded.isStreaming));
}

interface Run {
  readonly recorded: RecordedAnswer;
  readonly view: ClientView;
  readonly record: CallRecord;
}

/** All recordings of a dialect, asked by a client of `client`'s. Recorded refusals each meet a router of their own. */
async function runAll(t: Parameters<typeof startCaseRouter>[0], client: Dialect, provider: Dialect): Promise<Run[]> {
  const router = await startCaseRouter(t);
  const views: [RecordedAnswer, ClientView][] = [];
  for (const recorded of loadRecorded(protocols[provider])) {
    if (recorded.status === 200) views.push([recorded, await ask(router, client, provider, recorded)]);
  }
  const records = await router.records(views.map(([, { callId }]) => callId));
  return views.map(([recorded, view]) => ({ recorded, view, record: records.get(view.callId)! }));
}

for (const provider of ["anthropic-messages", "openai-chat"] as const) {
  test(`${provider} answers reach clients of the same dialect byte for byte, and the record`, options, async (t) => {
    for (const { recorded, view, record } of await runAll(t, provider, provider)) {
      await t.test(recorded.id, () => checkPassed(recorded, view, record, provider));
    }
  });

  const client = otherDialect(provider);
  test(`${provider} answers reach ${client} clients whole, and the record`, options, async (t) => {
    for (const { recorded, view, record } of await runAll(t, client, provider)) {
      await t.test(recorded.id, () => checkTranslated(recorded, view, record, client));
    }
  });

  test(`refusals of ${provider} providers keep status and words`, options, async (t) => {
    for (const recorded of loadRecorded(protocols[provider]).filter(({ status }) => status >= 400)) {
      await t.test(recorded.id, async (t) => {
        for (const client of ["anthropic-messages", "openai-chat"] as const) {
          const view = await ask(await startCaseRouter(t), client, provider, recorded);
          assert.equal(view.status, recorded.status);
          if (client === provider) assert.equal(view.text, recorded.body);
          const message = toJsonObject(recorded.expected["error"])["message"];
          assert.equal(observeHttp(client, view).answer?.error?.message, message);
        }
      });
    }
  });
}

function checkPassed(recorded: RecordedAnswer, view: ClientView, record: CallRecord, dialect: Dialect): void {
  const { expected } = recorded;
  const { answer } = observeHttp(dialect, view);
  if (expected["error"] !== undefined || recorded.id.includes("oc-unparsable")) {
    const { message = "" } = toJsonObject(expected["error"]);
    assert.ok(answer?.error?.message.includes(plain(message)));
    assert.equal(record.outcome, view.status === 200 ? "cut" : "error");
    return;
  }
  assert.equal(view.status, 200);
  assert.equal(view.text, sentBytes(recorded, dialect).toString());
  assert.equal(record.outcome, "success");
  assert.equal(record.stopReason, expected["finish"]);
  assertRecordedUsage(recorded, record.usage);
}

function checkTranslated(recorded: RecordedAnswer, view: ClientView, record: CallRecord, client: Dialect): void {
  const { expected, isStreaming } = recorded;
  const observed = observeHttp(client, view);
  const [, sign] = Object.entries(malformed).find(([part]) => recorded.id.includes(part)) ?? [];
  if (isStreaming && view.status === 200 && sign !== "part")
    assert.deepEqual(checkCase([{ invariants: true }], observed), []);
  if (expected["error"] !== undefined || sign === "error") {
    assert.notEqual(observed.answer?.error, null);
    assert.equal(observed.answer?.stopReason, null);
    assert.equal(record.outcome, view.status === 200 ? "cut" : "error");
    return;
  }
  assert.equal(view.status, 200);
  assert.equal(record.outcome, "success");
  if (sign === "part") return;
  assertTranslated(recorded, observed);
  assertRecordedUsage(recorded, record.usage);
}
