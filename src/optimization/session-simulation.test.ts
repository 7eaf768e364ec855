/**
 * The policy on whole sessions, against always taking the cheapest list price and against staying for ever.
 *
 * Seeds differ from those by which the policy's figures were chosen. A single session may end dearer than the better
 * of both: where two targets cost nearly the same, coffee breaks to come decide, and nobody knows them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../core/log/logging.ts";
import { formatTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import { createPriceBook } from "../costs/prices/price-book.ts";
import { familyOf } from "./count-tokens/families.ts";
import { estimateSession } from "./sessions/estimate-session.ts";
import { promptCacheRulesOf } from "./sessions/prompt-cache-rules.ts";
import { createSessionCaches } from "./sessions/session-caches.ts";
import { totalOf } from "./sessions/session-costs.ts";
import { stayOrMove } from "./sessions/stay-or-move.ts";
import { playSession, randomOf, simulateSession } from "./testdata/simulated-session.ts";
import type { Random, SimulatedTarget, SimulatedTurn } from "./testdata/simulated-session.ts";
import { createTokenRatios } from "./token-ratios.ts";

const startMs = Date.UTC(2026, 10, 18, 9);
const turnsOfSession = 40;
const unknownModel = { inputUsdPerMillion: 10, outputUsdPerMillion: 50 };
const book = createPriceBook({ multiplier: 1, unknownModel, overrides: [], providerKinds: {} }, silentLogger);

/** Models as they are sold, at the prices of the catalog: cheap and dear, with all kinds of caches. */
const sold: readonly Target[] = [
  { provider: "anthropic", model: "claude-sonnet-5" },
  { provider: "anthropic", model: "claude-opus-5" },
  { provider: "anthropic", model: "claude-haiku-4-5" },
  { provider: "openrouter", model: "anthropic/claude-sonnet-4.5" },
  { provider: "openai", model: "gpt-5.2" },
  { provider: "openai", model: "gpt-5.4-mini" },
  { provider: "deepseek", model: "deepseek-chat" },
  { provider: "gemini", model: "gemini-2.5-pro" },
  { provider: "gemini", model: "gemini-2.5-flash" },
  { provider: "moonshot", model: "kimi-k2.5" },
  { provider: "groq", model: "moonshotai/kimi-k2-instruct-0905" },
  { provider: "groq", model: "openai/gpt-oss-120b" },
  { provider: "zai", model: "glm-4.6" },
  { provider: "xai", model: "grok-4" },
];
const soldPairs: readonly (readonly [Target, Target])[] = sold.flatMap((first) =>
  sold.filter((second) => second !== first).map((second) => [first, second] as const),
);

interface Outcome {
  readonly ours: number;
  readonly listPrice: number;
  readonly staying: number;
}

/** `isUnderWay`: the first call went to the first target already, whatever anybody thinks of it. */
function play(targets: readonly [SimulatedTarget, SimulatedTarget], seed: number, isUnderWay: boolean): Outcome {
  const turns = simulateSession(randomOf(seed * 6_151 + 5), turnsOfSession, startMs);
  const first = targets[0].target;
  const cost = (choose: (turn: SimulatedTurn) => Target): number =>
    playSession(turns, targets, randomOf(seed), choose).costNanoUsd;
  return {
    ours: playPolicy(turns, targets, seed, isUnderWay),
    listPrice: cost((turn) => (isUnderWay && turn === turns[0] ? first : cheapestByList(targets, turn))),
    staying: cost(() => first),
  };
}

function playPolicy(
  turns: readonly SimulatedTurn[],
  targets: readonly SimulatedTarget[],
  seed: number,
  isUnderWay: boolean,
): number {
  const byName = new Map(targets.map((one) => [formatTarget(one.target), one]));
  const simulated = (target: Target): SimulatedTarget => byName.get(formatTarget(target))!;
  const rulesOf = (target: Target): SimulatedTarget["rules"] => simulated(target).rules;
  const caches = createSessionCaches({ maxConversations: 10, rulesOf });
  const ratios = createTokenRatios();
  const knowledge = {
    pricesFor: (target: Target, atMs: number, tokens: number) => simulated(target).pricesFor(atMs, tokens),
    tokensOf: (bytes: number, model: string) => ratios.tokensOf(bytes, model),
    rulesOf,
    reuseOf: (target: Target) => caches.reuseOf(target),
  };
  const names = targets.map(({ target }) => target);
  const choose = (turn: SimulatedTurn): Target => {
    const state = caches.find({ sessionId: "session", agentId: null, askedModel: "claude-sonnet-5" });
    const { requestBytes, atMs: nowMs } = turn;
    const inputs = { knowledge, state, hasSession: true, requestBytes, nowMs };
    const costs = estimateSession(names, inputs);
    if (state === null) return isUnderWay || totalOf(costs[0]!) <= totalOf(costs[1]!) ? names[0]! : names[1]!;
    const current = names.findIndex((name) => formatTarget(name) === formatTarget(state.lastTarget));
    const decision = stayOrMove(costs, current);
    return names[decision.kind === "move" ? decision.to : current]!;
  };
  return playSession(turns, targets, randomOf(seed), choose, (record) => {
    caches.observe(record);
    ratios.observe(record);
  }).costNanoUsd;
}

function cheapestByList(targets: readonly SimulatedTarget[], turn: SimulatedTurn): Target {
  const listed = ({ bytesPerToken, pricesFor }: SimulatedTarget): number => {
    const tokens = turn.requestBytes / bytesPerToken;
    const prices = pricesFor(turn.atMs, tokens);
    return tokens * prices.uncachedInput + 500 * prices.output;
  };
  return targets.reduce((best, other) => (listed(other) < listed(best) ? other : best)).target;
}

function simulateSold(target: Target, random: Random): SimulatedTarget {
  const rules = promptCacheRulesOf(target.provider, target.model);
  return {
    target,
    rules,
    pricesFor: (atMs, tokens) => book.pricesFor(target, atMs, tokens),
    bytesPerToken: familyOf(target.model).bytesPerToken * (0.92 + 0.16 * random()),
    hitShare: rules.kind === "marked" ? 1 : 0.93,
  };
}

/** A target with any price from 0.2 to 11 USD, and any discount for cached tokens. */
function simulateAny(provider: string, random: Random): SimulatedTarget {
  const isMarked = random() < 0.5;
  const input = Math.round(200_000 * Math.exp(random() * 4));
  const prices = {
    uncachedInput: input,
    cacheRead: Math.round(input * [0.1, 0.1, 0.25, 0.5, 1][Math.floor(random() * 5)]!),
    cacheWrite5m: Math.round(input * (isMarked ? 1.25 : 1)),
    cacheWrite1h: 2 * input,
    output: Math.round(input * (3 + 5 * random())),
    serverToolRequest: 0,
    source: "configuration" as const,
  };
  const target = { provider, model: isMarked ? "claude-x" : "m" };
  return { ...simulateSold(target, random), pricesFor: () => prices };
}

const regretOf = ({ ours, listPrice, staying }: Outcome): number => ours / Math.min(listPrice, staying) - 1;

function sumOf(outcomes: readonly Outcome[]): Outcome {
  const sum = (name: keyof Outcome): number => outcomes.reduce((total, outcome) => total + outcome[name], 0);
  return { ours: sum("ours"), listPrice: sum("listPrice"), staying: sum("staying") };
}

/** Report of a batch for whoever runs the test with `--test-reporter=spec`. */
function summary(outcomes: readonly Outcome[]): {
  readonly within: number;
  readonly worst: number;
  readonly text: string;
} {
  const regrets = outcomes.map(regretOf).sort((a, b) => b - a);
  const within = regrets.filter((regret) => regret <= 0.02).length / regrets.length;
  const mean = regrets.reduce((total, regret) => total + regret, 0) / regrets.length;
  const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
  return {
    within,
    worst: regrets[0]!,
    text: `${regrets.length} sessions: ${percent(within)} within 2 %, mean ${percent(mean)}, worst ${percent(regrets[0]!)}`,
  };
}

for (const isUnderWay of [false, true]) {
  const when = isUnderWay ? "under way" : "new";

  test(`40-turn sessions (${when}), each pair of sold models: in all never 2 % above the better of both, nor in 97 of 100 sessions`, (context) => {
    const all: Outcome[] = [];
    for (const [first, second] of soldPairs) {
      const outcomes = Array.from({ length: 24 }, (_, index) => {
        const seed = 50_000 + index;
        const random = randomOf(seed * 31 + all.length);
        return play([simulateSold(first, random), simulateSold(second, random)], seed, isUnderWay);
      });
      all.push(...outcomes);
      const regret = regretOf(sumOf(outcomes));
      assert.ok(regret <= 0.02, `${formatTarget(first)} and ${formatTarget(second)}: ${regret.toFixed(4)}`);
    }
    const { within, worst, text } = summary(all);
    context.diagnostic(text);
    assert.ok(within >= 0.97, text);
    assert.ok(worst <= 0.35, text);
  });

  test(`40-turn sessions (${when}), any two prices: in all never 2 % above the better of both, nor in 97 of 100 sessions`, (context) => {
    const outcomes = Array.from({ length: 2_000 }, (_, index) => {
      const random = randomOf(90_000 + index);
      return play([simulateAny("p0", random), simulateAny("p1", random)], 70_000 + index, isUnderWay);
    });
    const { within, worst, text } = summary(outcomes);
    context.diagnostic(text);
    assert.ok(within >= 0.97, text);
    assert.ok(worst <= 0.35, text);
    assert.ok(regretOf(sumOf(outcomes)) <= 0.02);
  });
}
