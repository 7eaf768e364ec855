/** Thinking that one provider signed, on the way to another one: Anthropic refuses a signature that is not its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { readRecords } from "../kit/recorded-calls.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

const claude = "anthropic/claude-opus-4-5";
const glm = "zai/glm-5.3";
const tools = [{ name: "Bash", input_schema: { type: "object" } }];
const thinking = { type: "enabled", budget_tokens: 1024 };

interface Block {
  readonly type: string;
  readonly id?: string;
  readonly signature?: string;
}

interface Setup {
  readonly anthropic: SimulatedProvider;
  readonly zai: SimulatedProvider;
  readonly router: LocalRouter;
  readonly ledgerPath: string;
}

async function start(t: CleansUp, settings: object = {}): Promise<Setup> {
  const anthropic = await createSimulatedProvider({ kind: "anthropic" });
  const zai = await createSimulatedProvider({ kind: "anthropic", behaviour: { isStrict: false } });
  t.after(() => anthropic.close());
  t.after(() => zai.close());
  const ledgerPath = join(createTemporaryFolder(t), "ledger.sqlite");
  const router = await startLocalRouter(t, {
    ledger: { sqlitePath: ledgerPath },
    providers: {
      anthropic: { baseUrl: anthropic.baseUrl, apiKey: "a" },
      zai: { baseUrl: zai.baseUrl, apiKey: "z", dialect: "anthropic-messages" },
    },
    retries: { baseDelayMs: 1 },
    ...settings,
  });
  return { anthropic, zai, router, ledgerPath };
}

/** Z.ai's answer: a thought with a signature of its own, and a call. */
function answerAsZai(zai: SimulatedProvider, isStream: boolean, signature = "zai-signature/1"): void {
  const call = { type: "tool_use", id: "call_1", name: "Bash", input: {} };
  const thought = { type: "thinking", thinking: "Theirs", signature };
  const message = { id: "m", type: "message", role: "assistant", model: "glm-5.3", usage: {} };
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const stream = [
    event("message_start", { message: { ...message, content: [] } }),
    event("content_block_start", { index: 0, content_block: { type: "thinking", thinking: "", signature: "" } }),
    event("content_block_delta", { index: 0, delta: { type: "thinking_delta", thinking: "Theirs" } }),
    event("content_block_delta", { index: 0, delta: { type: "signature_delta", signature } }),
    event("content_block_stop", { index: 0 }),
    event("content_block_start", { index: 1, content_block: call }),
    event("content_block_stop", { index: 1 }),
    event("message_delta", { delta: { stop_reason: "tool_use" }, usage: { output_tokens: 5 } }),
    event("message_stop", {}),
  ];
  const whole = { ...message, stop_reason: "tool_use", content: [thought, call] };
  zai.replay({
    status: 200,
    headers: { "content-type": isStream ? "text/event-stream" : "application/json" },
    body: isStream ? stream.join("") : JSON.stringify(whole),
  });
}

const zaiTurn: readonly Block[] = [
  { type: "thinking", thinking: "Theirs", signature: "zai-signature/1" } as Block,
  { type: "tool_use", id: "call_1", name: "Bash", input: {} } as Block,
];

async function ask(
  router: LocalRouter,
  model: string,
  messages: readonly object[],
  more: object = {},
): Promise<Response> {
  return fetch(`${router.url}/v1/messages`, {
    method: "POST",
    headers: { "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model, max_tokens: 4096, tools, messages, ...more }),
  });
}

const question = { role: "user", content: "Use Bash to list the files" };

/** The conversation, gone on with the answer to its calls. */
function after(content: readonly Block[]): object[] {
  const results = content
    .filter(({ type }) => type === "tool_use")
    .map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "ok" }));
  const next = results.length > 0 ? results : "And now?";
  return [question, { role: "assistant", content }, { role: "user", content: next }];
}

/** The types of the blocks in the last request's turns of the assistant. */
function sentBlocks(provider: SimulatedProvider): (Block | undefined)[] {
  const body = JSON.parse(provider.requests.at(-1)!.bodyText) as { messages: { role: string; content: Block[] }[] };
  return body.messages.filter(({ role }) => role === "assistant").flatMap(({ content }) => content);
}

async function notesOf({ ledgerPath }: Setup, answer: Response): Promise<readonly string[]> {
  const id = answer.headers.get("x-ccr-request-id")!;
  return (await readRecords(ledgerPath, [id])).get(id)!.notes;
}

for (const isStream of [false, true]) {
  test(`a session that moves to Anthropic goes without the other's thinking (${isStream ? "streamed" : "whole"})`, async (t) => {
    const setup = await start(t);
    const { anthropic, zai, router } = setup;
    answerAsZai(zai, isStream);
    await (await ask(router, glm, [question], { stream: isStream })).text();
    const moved = await ask(router, claude, after(zaiTurn), { stream: isStream, thinking });
    assert.equal(moved.status, 200);
    await moved.text();
    assert.equal(anthropic.requests.length, 1, "nothing was refused");
    assert.deepEqual(
      sentBlocks(anthropic).map((block) => block?.type),
      ["tool_use"],
    );
    // Anthropic takes no budget in a tool loop that begins without thinking.
    assert.equal("thinking" in (JSON.parse(anthropic.requests.at(-1)!.bodyText) as object), false);
    assert.deepEqual(await notesOf(setup, moved), [
      "messages: thinking of another provider left out",
      "thinking: left out, the tool loop began without it",
    ]);
  });
}

test("and back: Anthropic's thinking stays with Anthropic, where it goes unchanged", async (t) => {
  const { anthropic, zai, router } = await start(t);
  const first = await ask(router, claude, [question], { thinking });
  const { content } = (await first.json()) as { content: Block[] };
  assert.equal(content[0]?.type, "thinking");
  answerAsZai(zai, false);
  await (await ask(router, glm, after(content), { thinking })).text();
  assert.equal(
    sentBlocks(zai).some((block) => block?.type === "thinking"),
    false,
  );
  const again = await ask(router, claude, after(content), { thinking });
  assert.equal(again.status, 200);
  assert.deepEqual(sentBlocks(anthropic), content);
  assert.equal(anthropic.requests.length, 2);
});

test("redacted thinking is another provider's as well, known by its data", async (t) => {
  const { anthropic, zai, router } = await start(t);
  const redacted = { type: "redacted_thinking", data: "zai-data" };
  const content = [redacted, { type: "text", text: "Done" }];
  const message = { id: "m", type: "message", role: "assistant", model: "glm-5.3", usage: {}, stop_reason: "end_turn" };
  zai.replay({ status: 200, body: JSON.stringify({ ...message, content }) });
  await (await ask(router, glm, [question])).text();
  await (await ask(router, claude, after(content))).text();
  assert.deepEqual(
    sentBlocks(anthropic).map((block) => block?.type),
    ["text"],
  );
  await (await ask(router, glm, after(content))).text();
  assert.deepEqual(sentBlocks(zai), content);
});

test("a call that fails over from one to the other is prepared for each by itself", async (t) => {
  const { anthropic, zai, router } = await start(t, { routing: { fallbacks: { [glm]: claude } } });
  answerAsZai(zai, false);
  await (await ask(router, glm, [question])).text();
  zai.behave({ fault: { kind: "overloaded" } });
  const moved = await ask(router, glm, after(zaiTurn));
  assert.equal(moved.status, 200);
  assert.deepEqual(sentBlocks(zai), zaiTurn);
  assert.equal(anthropic.requests.length, 1);
  assert.deepEqual(
    sentBlocks(anthropic).map((block) => block?.type),
    ["tool_use"],
  );
});

test("thinking of an unknown signer that is refused is left out in one more try, and from then on at once", async (t) => {
  const setup = await start(t);
  const { anthropic, router } = setup;
  const first = await ask(router, claude, after(zaiTurn), { thinking });
  assert.equal(first.status, 200);
  await first.text();
  assert.equal(anthropic.requests.length, 2);
  assert.deepEqual(await notesOf(setup, first), [
    "messages: thinking that the target refused left out",
    "thinking: left out, the tool loop began without it",
  ]);
  const next = await ask(router, claude, after(zaiTurn), { thinking });
  assert.equal(next.status, 200);
  assert.equal(anthropic.requests.length, 3);
});

test("another complaint is the client's to hear, as is one that remains", async (t) => {
  const { anthropic, router } = await start(t);
  const refused = await ask(router, claude, [question], { nonsense: true });
  assert.equal(refused.status, 400);
  assert.equal(anthropic.requests.length, 1);
  const message = "messages.1.content.0: Invalid `signature` in `thinking` block";
  const body = JSON.stringify({ type: "error", error: { type: "invalid_request_error", message } });
  anthropic.replay({ status: 400, headers: { "content-type": "application/json" }, body }, 2);
  const remains = await ask(router, claude, after(zaiTurn));
  assert.equal(remains.status, 400);
  assert.equal(await remains.text(), body);
  assert.equal(anthropic.requests.length, 3);
});
