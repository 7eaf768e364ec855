/**
 * A coding session as it really goes, from a seed: a long first prompt, tool turns in quick succession, questions of a
 * person in between, coffee beyond the time to live of a prompt cache; and targets that cache and charge as providers do.
 */
import type { AppliedPrices, CallRecord } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import type { Usage } from "../../core/usage.ts";
import { totalInput, zeroUsage } from "../../core/usage.ts";
import { costOfUsage } from "../../costs/cost-of-usage.ts";
import { createTestRecord } from "../../costs/ledger/test-record.ts";
import type { PromptCacheRules } from "../sessions/prompt-cache-rules.ts";

export type Random = () => number;

/** A random sequence of a seed (mulberry32), from 0 to 1. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface SimulatedTurn {
  readonly atMs: number;
  readonly requestBytes: number;
  readonly outputTokens: number;
}

export interface SimulatedTarget {
  readonly target: Target;
  readonly rules: PromptCacheRules;
  readonly pricesFor: (atMs: number, contextTokens: number) => AppliedPrices;
  readonly bytesPerToken: number;
  /** Share of calls whose warm prefix is really found. */
  readonly hitShare: number;
}

/** `turns` calls of one session. */
export function simulateSession(random: Random, turns: number, startMs: number): readonly SimulatedTurn[] {
  const list: SimulatedTurn[] = [];
  let atMs = startMs;
  let bytes = 60_000 + random() * 60_000;
  let toolTurnsLeft = 0;
  for (let turn = 0; turn < turns; turn++) {
    const isToolTurn = toolTurnsLeft > 0;
    list.push({
      atMs: Math.round(atMs),
      requestBytes: Math.round(bytes),
      outputTokens: Math.round(logNormal(random, toolTurnsLeft > 1 ? 250 : 700, 0.7)),
    });
    bytes += logNormal(random, isToolTurn ? 5_000 : 2_500, 0.9);
    if (isToolTurn) toolTurnsLeft--;
    else toolTurnsLeft = Math.floor(random() * 8);
    atMs += toolTurnsLeft > 0 ? 4_000 + random() * 40_000 : personGapMs(random);
  }
  return list;
}

/** Mostly a minute or two of reading; one time in five a pause of six minutes to an hour and a half. */
function personGapMs(random: Random): number {
  return random() < 0.2 ? 360_000 + random() * 5_000_000 : 20_000 + random() * 200_000;
}

function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** Plays `turns` with `choose`; answers what it all cost. */
export function playSession(
  turns: readonly SimulatedTurn[],
  targets: readonly SimulatedTarget[],
  random: Random,
  choose: (turn: SimulatedTurn) => Target,
  observe: (record: CallRecord) => void = () => undefined,
): { readonly costNanoUsd: number; readonly moves: number } {
  const caches = new Map<string, { tokens: number; usedAtMs: number }>();
  let [costNanoUsd, moves, last] = [0, 0, ""];
  for (const [index, turn] of turns.entries()) {
    const chosen = choose(turn);
    const name = formatTarget(chosen);
    const simulated = targets.find(({ target }) => formatTarget(target) === name)!;
    const isHit = random() < simulated.hitShare;
    const usage = usageAt(simulated, turn, caches.get(name), isHit);
    caches.set(name, { tokens: totalInput(usage), usedAtMs: turn.atMs });
    const cost = costOfUsage(usage, simulated.pricesFor(turn.atMs, totalInput(usage)));
    costNanoUsd += cost.nanoUsd;
    if (index > 0 && name !== last) moves++;
    last = name;
    observe(recordOf(turn, index, chosen, usage, cost));
  }
  return { costNanoUsd, moves };
}

function usageAt(
  { rules, bytesPerToken }: SimulatedTarget,
  turn: SimulatedTurn,
  cached: { readonly tokens: number; readonly usedAtMs: number } | undefined,
  isHit: boolean,
): Usage {
  const total = Math.round(turn.requestBytes / bytesPerToken);
  const ttlMs = rules.kind === "automatic" ? rules.ttlMs : 300_000;
  const isWarm = isHit && cached !== undefined && turn.atMs - cached.usedAtMs < ttlMs;
  const known = isWarm ? Math.min(cached.tokens, total) : 0;
  if (rules.kind === "marked") {
    const uncachedInput = Math.min(12, total - known);
    return {
      ...zeroUsage,
      uncachedInput,
      cacheRead: known,
      cacheWrite5m: total - known - uncachedInput,
      output: turn.outputTokens,
    };
  }
  const cacheRead = Math.floor(known / 128) * 128;
  return { ...zeroUsage, uncachedInput: total - cacheRead, cacheRead, output: turn.outputTokens };
}

function recordOf(
  turn: SimulatedTurn,
  index: number,
  target: Target,
  usage: Usage,
  cost: CallRecord["cost"],
): CallRecord {
  return {
    ...createTestRecord({ id: `req_${index}`, startedAtMs: turn.atMs, session: "session" }),
    target,
    usage,
    cost,
    requestBytes: turn.requestBytes,
  };
}
