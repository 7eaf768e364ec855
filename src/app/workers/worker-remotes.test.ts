import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { systemClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import { Budgets } from "../../costs/budgets/budgets.ts";
import type { BudgetCall } from "../../costs/budgets/budget-verdict.ts";
import { createTestRecord } from "../../costs/ledger/test-record.ts";
import type { SeatCap } from "../../costs/budgets/caps/caps.ts";
import { MemoryBudgetStore } from "../../costs/budgets/store/memory.ts";
import { createExpectedCosts } from "../../costs/expected-cost.ts";
import { emptyFacts } from "../../dialects/answer-facts.ts";
import type { Limit } from "../../gateway/limits/limits-for.ts";
import { createMemoryLimits } from "../../gateway/limits/memory-limits.ts";
import { EnhancedMetricsSystem } from "../../monitoring/metrics-system.ts";
import { createLearned } from "../process/learned.ts";
import type { ProcessState } from "../process/process-state.ts";
import { Link } from "./link.ts";
import type { LinkMessage } from "./link.ts";
import type { RequestOfWorker, Transition } from "./messages.ts";
import { OverCalls } from "./over-calls.ts";
import { createWorkerDesk } from "./worker-desk.ts";
import { remoteBudgets, remoteLimits } from "./worker-remotes.ts";
import type { RemoteBudgets } from "./worker-remotes.ts";

const cent = 10_000_000;
const range = { leastNanoUsd: cent, mostNanoUsd: 100 * cent };
const cap: SeatCap = { scope: "user", id: "ada", period: "daily", limitNanoUsd: 100 * cent };

/** A worker's budgets, and those of its parent, which has no cap at first. */
function start() {
  const seatCaps: SeatCap[] = [];
  const expectedCosts = createExpectedCosts();
  const budgets = new Budgets({
    settings: {
      enforcement: true,
      mode: "strict",
      onStoreFailure: "open",
      caps: [],
      thresholds: { warning: 0.75, critical: 0.95 },
    },
    store: new MemoryBudgetStore({
      clock: systemClock,
      loadSpent: () => Promise.resolve(0),
      announce: () => Promise.resolve(false),
    }),
    expectedCosts,
    seatCaps: () => seatCaps,
    clock: systemClock,
    logger: silentLogger,
  });
  const metrics = new EnhancedMetricsSystem();
  metrics.configure({});
  const limits = createMemoryLimits();
  const kept: { readonly id: string; readonly openHolds: number }[] = [];
  const state = {
    metrics,
    budgets,
    budgetUse: { observe: () => undefined },
    learned: createLearned(),
    limits,
    clock: systemClock,
    recordSinks: [({ id }: CallRecord) => kept.push({ id, openHolds: budgets.stats().openHolds })],
    judgedSink: () => undefined,
    logger: silentLogger,
  };
  const desk = createWorkerDesk(state as unknown as ProcessState);
  const subjects: string[] = [];
  const parent: Link = new Link((message) => worker.receive(copyOf(message)), desk.handlers);
  const worker: Link = new Link((message) => {
    subjects.push(message.subject);
    parent.receive(copyOf(message));
  }, {});
  const over = new OverCalls(() => null, worker, silentLogger);
  const remote = remoteBudgets(worker, (settled) => over.settle(settled));
  return { budgets, seatCaps, expectedCosts, subjects, worker, desk, limits, metrics, over, remote, kept };
}

function copyOf(message: LinkMessage): LinkMessage {
  return JSON.parse(JSON.stringify(message)) as LinkMessage;
}

/** What a worker tells at the end of its turn is told. */
function turnOver(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

let calls = 0;

function callOf(remote: RemoteBudgets): BudgetCall {
  const subject = { user: "ada", team: "compilers", tier: "gold", keyId: "k1", askedModel: "claude-opus-5" };
  return {
    callId: `call-${calls++}`,
    subject,
    atMs: systemClock.nowMs(),
    range: remote.isUncapped() ? noRange : range,
  };
}

const noRange = { leastNanoUsd: 0, mostNanoUsd: 0 };

async function callAndSettle(remote: RemoteBudgets): Promise<string> {
  const verdict = await remote.hold(callOf(remote));
  if (verdict.kind === "held") await remote.settle(verdict.ticket, cent);
  return verdict.kind === "held" ? `${verdict.ticket.buckets.length} held` : verdict.kind;
}

test("while nobody has a cap a worker does not ask for each call, and a cap that is set holds within a second or so", async () => {
  const { budgets, seatCaps, subjects, remote } = start();
  for (let call = 0; call < 50; call++) assert.equal(await callAndSettle(remote), "0 held");
  assert.deepEqual([subjects.filter((subject) => subject === "hold").length, remote.isUncapped()], [1, true]);
  seatCaps.push(cap);
  const setAt = performance.now();
  await waitUntil("the cap holds", async () => (await callAndSettle(remote)) === "1 held");
  assert.ok(performance.now() - setAt < 5_000);
  const second = await remote.hold(callOf(remote));
  assert.equal(second.kind, "refused");
  await turnOver();
  assert.equal(budgets.stats().openHolds, 0);
});

test("a call is settled with its record, and behind it: a worker that is killed leaves no money spent that no ledger has", async () => {
  const { budgets, seatCaps, subjects, over, remote, kept } = start();
  seatCaps.push(cap);
  const verdict = await remote.hold(callOf(remote));
  assert.ok(verdict.kind === "held");
  const { ticket } = verdict;
  void remote.settle(ticket, cent);
  assert.deepEqual([subjects, budgets.stats().openHolds], [["hold"], 1]);
  over.add(createTestRecord({ id: ticket.call.callId }), emptyFacts, null);
  await turnOver();
  assert.deepEqual([subjects, budgets.stats().openHolds], [["hold", "over"], 0]);
  assert.deepEqual(kept, [{ id: ticket.call.callId, openHolds: 1 }]);
});

test("a call without a record is settled all the same", async () => {
  const { budgets, seatCaps, remote } = start();
  seatCaps.push(cap);
  assert.equal(await callAndSettle(remote), "1 held");
  await turnOver();
  assert.equal(budgets.stats().openHolds, 0);
});

test("after a reload a worker asks the parent at once", async () => {
  const { seatCaps, remote } = start();
  await callAndSettle(remote);
  seatCaps.push(cap);
  remote.doubt();
  assert.equal(await callAndSettle(remote), "1 held");
});

test("what a worker asks for as it dies is given back", async () => {
  const { budgets, desk, limits, remote, seatCaps, worker } = start();
  seatCaps.push(cap);
  const one: Limit = { scope: "user", id: "ada", requestsPerMinute: null, tokensPerMinute: null, concurrentCalls: 1 };
  const [held, entered] = [remote.hold(callOf(remote)), remoteLimits(worker).enter([one], 0, 0)];
  desk.close();
  await Promise.all([held, entered]);
  assert.deepEqual(budgets.stats(), { openHolds: 0, heldNanoUsd: 0 });
  assert.equal((await limits.enter([one], 0, 0)).kind, "entered");
});

test("what calls cost while nobody had a cap is known to the caps that come", async () => {
  const { expectedCosts, remote } = start();
  for (let call = 0; call < 50; call++) await callAndSettle(remote);
  const expected = (): number => expectedCosts.expect("ada", "claude-opus-5", { ...range, leastNanoUsd: 0 });
  await waitUntil("it is told", () => Math.abs(expected() - cent) < cent / 10);
});

test("what a worker answers that is no call is counted by its parent", async () => {
  const { worker, metrics } = start();
  worker.tell("request", { route: "/v1/models", method: "GET", status: 401 } satisfies RequestOfWorker);
  const text = await metrics.getMetrics();
  metrics.close();
  assert.match(text, /ccr_requests_total\{method="GET",route="\/v1\/models",status_code="401",.*\} 1/);
});

test("each change of a worker's breaker is counted by its parent, the probes among them", async () => {
  const { worker, metrics } = start();
  metrics.configure({ providers: ["groq"] });
  for (const to of ["open", "half-open", "open", "half-open", "closed"] as const)
    worker.tell("transition", { target: { provider: "groq", model: "m" }, to } satisfies Transition);
  const text = await metrics.getMetrics();
  metrics.close();
  for (const [state, count] of [
    ["open", 2],
    ["half_open", 2],
    ["closed", 1],
  ])
    assert.ok(text.includes(`ccr_circuit_breaker_transitions_total{provider="groq",state="${state}"} ${count}\n`));
});
