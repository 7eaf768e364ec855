/**
 * What a usage costs under given prices: exact integers, rounded once, to the nearest nano-dollar.
 *
 * Token counts times pico-dollars stay below 2^53 for any real call; beyond that the same sums are done with
 * BigInt, so the answer is exact for every input.
 */
import { picoPerNano } from "../core/money.ts";
import type { NanoUsd } from "../core/money.ts";
import type { AppliedPrices, CallCost } from "../core/record.ts";
import { ownUsage } from "../core/usage.ts";
import type { Usage } from "../core/usage.ts";

/** A cost by kind of token. The parts sum to the total exactly. */
export interface CostParts {
  readonly uncachedInput: NanoUsd;
  readonly cacheRead: NanoUsd;
  readonly cacheWrite5m: NanoUsd;
  readonly cacheWrite1h: NanoUsd;
  /** Output without its reasoning part. */
  readonly output: NanoUsd;
  readonly reasoning: NanoUsd;
  readonly serverTools: NanoUsd;
}

/**
 * Price of `usage`; what further models used of it costs their prices. A provider's nonsense costs nothing: negative
 * counts, those that are no number, parts of a token.
 */
export function costOfUsage(usage: Usage, prices: AppliedPrices): CallCost {
  const total = totalOf(usage, prices);
  return { nanoUsd: nanoFromPico(total) + serverToolsCost(usage, prices), prices };
}

/** The cost by kind: each part rounded down, the missing nano-dollars given to the largest remainders. */
export function partsOfCost(usage: Usage, prices: AppliedPrices): CostParts {
  const products = picoParts(usage, prices);
  const parts = roundToSum(products, nanoFromPico(totalPico(products)));
  return {
    uncachedInput: parts[0] ?? 0,
    cacheRead: parts[1] ?? 0,
    cacheWrite5m: parts[2] ?? 0,
    cacheWrite1h: parts[3] ?? 0,
    output: parts[4] ?? 0,
    reasoning: parts[5] ?? 0,
    serverTools: serverToolsCost(usage, prices),
  };
}

type Pico = number | bigint;

/** Without a list of parts, as every call asks several times. A sum of safe integers that is one itself is exact. */
function totalOf(usage: Usage, prices: AppliedPrices): Pico {
  if (usage.furtherModels !== undefined || hasAudio(usage)) return totalPico(picoParts(usage, prices));
  const output = toCount(usage.output);
  const reasoning = Math.min(toCount(usage.reasoning), output);
  const sum =
    toCount(usage.uncachedInput) * prices.uncachedInput +
    toCount(usage.cacheRead) * prices.cacheRead +
    toCount(usage.cacheWrite5m) * prices.cacheWrite5m +
    toCount(usage.cacheWrite1h) * prices.cacheWrite1h +
    (output - reasoning) * prices.output +
    reasoning * (prices.reasoning ?? prices.output);
  return sum <= Number.MAX_SAFE_INTEGER ? sum : totalPico(picoParts(usage, prices));
}

function picoParts(usage: Usage, prices: AppliedPrices): readonly Pico[] {
  const { furtherModels = [] } = usage;
  let sums = picoPartsOfModel(ownUsage(usage), prices);
  for (const { model, usage: used } of furtherModels) {
    const further = prices.furtherModels?.find((one) => one.model === model)?.prices ?? prices;
    sums = picoPartsOfModel(used, further).map((part, index) => add(part, sums[index] ?? 0));
  }
  return sums;
}

function picoPartsOfModel(usage: Usage, prices: AppliedPrices): readonly Pico[] {
  const input = toCount(usage.uncachedInput);
  const output = toCount(usage.output);
  const reasoning = Math.min(toCount(usage.reasoning), output);
  return [
    withAudio(input, prices.uncachedInput, usage.inputAudio, prices.inputAudio),
    multiply(toCount(usage.cacheRead), prices.cacheRead),
    multiply(toCount(usage.cacheWrite5m), prices.cacheWrite5m),
    multiply(toCount(usage.cacheWrite1h), prices.cacheWrite1h),
    withAudio(output - reasoning, prices.output, usage.outputAudio, prices.outputAudio),
    multiply(reasoning, prices.reasoning ?? prices.output),
  ];
}

function hasAudio({ inputAudio, outputAudio }: Usage): boolean {
  return inputAudio !== undefined || outputAudio !== undefined;
}

/** `count` tokens, of which `audio` are audio. */
function withAudio(count: number, price: number, audio: number = 0, audioPrice: number = price): Pico {
  const heard = Math.min(count, toCount(audio));
  return add(multiply(count - heard, price), multiply(heard, audioPrice));
}

function toCount(count: number): number {
  return count > 0 && Number.isFinite(count) ? Math.floor(count) : 0;
}

function multiply(count: number, price: number): Pico {
  const product = count * price;
  return product <= Number.MAX_SAFE_INTEGER ? product : BigInt(count) * BigInt(price);
}

function add(a: Pico, b: Pico): Pico {
  if (typeof a === "number" && typeof b === "number" && a + b <= Number.MAX_SAFE_INTEGER) return a + b;
  return BigInt(a) + BigInt(b);
}

function totalPico(parts: readonly Pico[]): Pico {
  let sum = 0;
  for (const part of parts) {
    if (typeof part === "bigint") return exactTotal(parts);
    sum += part;
  }
  return sum <= Number.MAX_SAFE_INTEGER ? sum : exactTotal(parts);
}

function exactTotal(parts: readonly Pico[]): bigint {
  return parts.reduce<bigint>((sum, part) => sum + BigInt(part), 0n);
}

/** Half a nano-dollar rounds up. */
function nanoFromPico(pico: Pico): NanoUsd {
  if (typeof pico === "bigint") return Number((pico + 500n) / 1000n);
  const rest = pico % picoPerNano;
  return (pico - rest) / picoPerNano + (rest >= picoPerNano / 2 ? 1 : 0);
}

function serverToolsCost(usage: Usage, prices: AppliedPrices): NanoUsd {
  return toCount(usage.serverToolRequests) * prices.serverToolRequest;
}

function roundToSum(products: readonly Pico[], total: NanoUsd): NanoUsd[] {
  const floors = products.map((pico) => (typeof pico === "bigint" ? Number(pico / 1000n) : Math.floor(pico / 1000)));
  const remainders = products.map((pico) => (typeof pico === "bigint" ? Number(pico % 1000n) : pico % 1000));
  let missing = total - floors.reduce((sum, part) => sum + part, 0);
  const order = remainders.map((_, index) => index).sort((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0));
  for (const index of order) {
    if (missing <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    missing -= 1;
  }
  return floors;
}
