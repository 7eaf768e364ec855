/** What an advisor or a fallback model used costs its own price, streamed or not, wherever money is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { clientOf, moneySettings, startProvider } from "./money-router.ts";

interface Records {
  readonly records: readonly Line[];
}

interface Line {
  readonly id: string;
  readonly costUsd: number;
  readonly savedUsd: number;
  readonly outputTokens: number;
  readonly cacheStatus: string;
}

interface Budgets {
  readonly budgets: readonly { readonly spentUsd: number; readonly heldUsd: number }[];
}

interface Detail {
  readonly record: { readonly usage: { readonly furtherModels?: readonly { readonly model: string }[] } };
  readonly costNanoUsd: number;
  readonly costParts: Readonly<Record<string, number>>;
}

interface Repriced {
  readonly calls: number;
  readonly changedCalls: number;
}

const start = { input_tokens: 1_000, output_tokens: 1 };

const cases = [
  {
    // 2,000 at 2 USD and 300 at 10 for the executor, 10,000 at 5 and 1,000 at 25 for its advisor.
    title: "an advisor dearer than its executor",
    costUsd: 0.004 + 0.003 + 0.05 + 0.025,
    outputTokens: 1_300,
    furtherModel: "claude-opus-5",
    usage: {
      input_tokens: 2_000,
      output_tokens: 300,
      iterations: [
        { type: "message", input_tokens: 1_000, output_tokens: 100 },
        { type: "advisor_message", model: "claude-opus-5", input_tokens: 10_000, output_tokens: 1_000 },
        { type: "message", input_tokens: 1_000, output_tokens: 200 },
      ],
    },
  },
  {
    // 50 at 10 USD and 1,000 at 2 for what the asked model gave before it declined, 1,050 at 0.5 and 400 at 1 for the fallback.
    title: "a fallback cheaper than the model that was asked",
    costUsd: 0.002 + 0.0005 + 0.000525 + 0.0004,
    outputTokens: 450,
    furtherModel: "claude-haiku-4-5",
    usage: {
      input_tokens: 1_050,
      output_tokens: 400,
      iterations: [
        { type: "message", model: "claude-sonnet-5", input_tokens: 1_000, output_tokens: 50 },
        { type: "fallback_message", model: "claude-haiku-4-5", input_tokens: 1_050, output_tokens: 400 },
      ],
    },
  },
] as const;

for (const { title, costUsd, outputTokens, furtherModel, usage } of cases) {
  test(`${title} costs its own price in the ledger, in budgets and when prices are applied again`, async (t) => {
    const { provider, router } = await startPricedRouter(t);
    const { call, askJson } = clientOf(router.url);
    for (const stream of [false, true]) {
      provider.replay(answerWith(usage, stream));
      const answer = await call({ model: "sim/claude-sonnet-5", stream });
      await answer.text();
      assert.equal(answer.status, 200);
    }
    const records = await waitUntil("both are recorded", async () => {
      const { records: found } = await askJson<Records>("/api/costs/records");
      return found.length === 2 ? found : null;
    });
    for (const record of records) {
      assert.ok(Math.abs(record.costUsd - costUsd) < 1e-12, `${record.costUsd}`);
      assert.equal(record.outputTokens, outputTokens);
      const { record: read, costNanoUsd, costParts } = await askJson<Detail>(`/api/calls/${record.id}`);
      assert.deepEqual(
        read.usage.furtherModels?.map(({ model }) => model),
        [furtherModel],
      );
      const parts = Object.values(costParts).reduce((sum, part) => sum + part, 0);
      assert.equal(parts, costNanoUsd);
    }
    const [budget] = (await askJson<Budgets>("/api/budgets")).budgets;
    assert.ok(Math.abs((budget?.spentUsd ?? 0) - 2 * costUsd) < 1e-9, JSON.stringify(budget));
    assert.equal(budget?.heldUsd, 0);
    const today = new Date().toISOString().slice(0, 10);
    const body = JSON.stringify({ from: today, to: today, write: false });
    const repriced = await askJson<Repriced>("/api/costs/reprice", { method: "POST", body });
    assert.deepEqual([repriced.calls, repriced.changedCalls], [2, 0]);
  });
}

test("an answer from the cache saves what an advisor would have cost for it", async (t) => {
  const { provider, router } = await startPricedRouter(t, { cache: { enabled: true } });
  const { call, askJson } = clientOf(router.url);
  const [{ usage, costUsd }] = cases;
  provider.replay(answerWith(usage, false));
  for (const status of ["miss", "hit"]) {
    await (await call({ model: "sim/claude-sonnet-5", temperature: 0 })).text();
    await waitUntil(`the ${status} is recorded`, async () => {
      const { records } = await askJson<Records>("/api/costs/records");
      return records.find(({ cacheStatus }) => cacheStatus === status) ?? null;
    });
  }
  const { records } = await askJson<Records>("/api/costs/records");
  const hit = records.find(({ cacheStatus }) => cacheStatus === "hit") ?? assert.fail();
  assert.equal(hit.costUsd, 0);
  assert.ok(Math.abs(hit.savedUsd - costUsd) < 1e-12, `${hit.savedUsd}`);
});

interface PricedRouter {
  readonly provider: SimulatedProvider;
  readonly router: LocalRouter;
}

async function startPricedRouter(t: CleansUp, more: object = {}): Promise<PricedRouter> {
  const provider = await startProvider(t);
  const settings = moneySettings(provider, {
    budgets: { caps: [{ scope: "user", daily: 50 }] },
    prices: {
      overrides: [
        { model: "*", inputUsdPerMillion: 2, outputUsdPerMillion: 10 },
        { model: "claude-opus-5", inputUsdPerMillion: 5, outputUsdPerMillion: 25 },
        { model: "claude-haiku-4-5", inputUsdPerMillion: 0.5, outputUsdPerMillion: 1 },
      ],
    },
    ...more,
  });
  return { provider, router: await startLocalRouter(t, settings) };
}

interface Replayed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function answerWith(usage: object, isStreaming: boolean): Replayed {
  const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-5", content: [] };
  if (!isStreaming) {
    const body = JSON.stringify({ ...message, stop_reason: "end_turn", usage });
    return { headers: { "content-type": "application/json" }, body };
  }
  const events = [
    { type: "message_start", message: { ...message, stop_reason: null, usage: start } },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
    { type: "message_stop" },
  ];
  const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  return { headers: { "content-type": "text/event-stream" }, body };
}
