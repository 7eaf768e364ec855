import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { BudgetsSettings } from "../../costs/budgets/budgets.ts";
import { noon, setUp as setUpBudgets, subject, usd } from "../../costs/budgets/test-budgets.ts";
import { createPriceBook } from "../../costs/prices/price-book.ts";
import { holdBudget, holdMore } from "./hold-budget.ts";
import type { HeldBudget } from "./hold-budget.ts";

const free = { provider: "p", inputUsdPerMillion: 0 };
/** Output costs a dollar, half of it, two and five for 1,000 tokens; prompts are free. */
const overrides = [
  { ...free, model: "usual", outputUsdPerMillion: 1_000 },
  { ...free, model: "cheap", outputUsdPerMillion: 500 },
  { ...free, model: "dear", outputUsdPerMillion: 2_000 },
  { ...free, model: "dearest", outputUsdPerMillion: 5_000 },
];
const unknownModel = { inputUsdPerMillion: 10, outputUsdPerMillion: 50 };

/** A user's call under a strict cap of ten dollars a day. */
function setUp(body: JsonObject, settings: Partial<BudgetsSettings> = {}) {
  const { budgets, store } = setUpBudgets(settings);
  const refused: unknown[] = [];
  const clock = createManualClock(noon);
  const gateway = {
    budgets,
    budgetThresholds: { warning: 0.75, critical: 0.95 },
    budgetUse: { observe: (states: unknown) => refused.push(states) },
    clock,
    priceBook: createPriceBook({ multiplier: 1, unknownModel, overrides, providerKinds: {} }, silentLogger),
  };
  const call = {
    id: "call",
    caller: subject,
    startedAtMs: noon,
    storePatienceMs: 1_000,
    request: { askedModel: subject.askedModel, field: (name: string) => body[name] },
    features: { inputTokens: () => 100 },
    plan: { targets: [{ provider: "p", model: "usual", reason: "" }] },
    held: null as HeldBudget | null,
  };
  const heldUsd = async (): Promise<number> => ((await budgets.statusOf(subject))[0]?.heldNanoUsd ?? 0) / usd;
  const begin = async (): Promise<HeldBudget> => (call.held = await holdBudget(gateway, call));
  const go = (model: string): Promise<void> => holdMore(gateway, call, { provider: "p", model });
  return { call, clock, store, refused, heldUsd, begin, go };
}

test("the worst case is the higher of two limits, for each of the answers that are asked for", async () => {
  for (const [body, held] of [
    [{ max_tokens: 1_000 }, 1],
    [{ max_tokens: 1_000, max_completion_tokens: 3_000 }, 3],
    [{ max_tokens: 3_000, max_completion_tokens: 1_000 }, 3],
    [{ max_completion_tokens: 1_000, n: 3 }, 3],
    [{ max_tokens: 1_000, n: 0 }, 1],
    [{ max_tokens: 0 }, 0],
    [{}, 8.192],
    [{ max_tokens: -1_000, n: "3" }, 8.192],
  ] as const) {
    const { begin, heldUsd } = setUp(body);
    await begin();
    assert.equal(await heldUsd(), held, JSON.stringify(body));
  }
});

test("a call that does not fit is refused in its own words: spent, held by others, not to be known", async () => {
  const codeOf = async (begin: () => Promise<unknown>): Promise<string> => {
    const error = await begin().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof GatewayError);
    assert.notDeepEqual(error.headers, {});
    return error.code;
  };
  const large = setUp({ max_tokens: 11_000 });
  assert.equal(await codeOf(large.begin), "policy_budget_exceeded");
  assert.equal(large.refused.length, 1);
  const busy = setUp({ max_tokens: 6_000 });
  await busy.begin();
  assert.equal(await codeOf(busy.begin), "policy_budget_held");
  const blind = setUp({ max_tokens: 1 }, { onStoreFailure: "closed" });
  blind.store.failWith = new Error("away");
  assert.equal(await codeOf(blind.begin), "dependency_budget_unreadable");
});

test("before a dearer target is asked what it may cost more is held, once, and for a cheaper one nothing", async () => {
  const { call, begin, go, heldUsd } = setUp({ max_tokens: 1_000 });
  await go("dear");
  assert.equal(call.held, null);
  await begin();
  for (const [model, held] of [
    ["cheap", 1],
    ["usual", 1],
    ["dear", 2],
    ["dear", 2],
    ["usual", 2],
    ["dearest", 5],
  ] as const) {
    await go(model);
    assert.equal(await heldUsd(), held, model);
  }
  assert.deepEqual(
    [call.held!.ticket, ...call.held!.more].map((ticket) => [ticket.call.callId, ticket.heldNanoUsd]),
    [
      ["call", usd],
      ["call+1", usd],
      ["call+2", 3 * usd],
    ],
  );
  assert.equal(call.held!.states[0]?.heldNanoUsd, 5 * usd);
});

test("a dearer target that does not fit is refused, and what was held stays so", async () => {
  const { call, begin, go, heldUsd } = setUp({ max_tokens: 6_000 });
  await begin();
  await assert.rejects(go("dear"), GatewayError);
  assert.deepEqual([await heldUsd(), call.held!.more], [6, []]);
});

test("where nothing is capped nothing is held", async () => {
  const { call, begin, go } = setUp({ max_tokens: 1_000 }, { caps: [] });
  await begin();
  await go("dear");
  assert.deepEqual([call.held!.ticket.hadHold, call.held!.more, call.held!.headers], [false, [], {}]);
});

test("what a call has waited for the store of budgets is missing from its patience with the next one", async () => {
  for (const [waitedMs, leftMs] of [
    [300, 700],
    [5_000, 0],
  ] as const) {
    const { call, clock, begin } = setUp({ max_tokens: 1 });
    const holding = begin();
    clock.advanceMs(waitedMs);
    await holding;
    assert.equal(call.storePatienceMs, leftMs);
  }
});
