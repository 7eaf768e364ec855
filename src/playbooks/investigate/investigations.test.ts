/** Each investigation names the cause that was put into its figures, and stays quiet where there is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMetrics } from "../metrics-text.ts";
import type { Scrape } from "../metrics-text.ts";
import { judgeCosts } from "./costs.ts";
import type { Spending, SpendLine } from "./costs.ts";
import { judgeErrors } from "./errors.ts";
import { judgeLatency } from "./latency.ts";
import { judgeMemory } from "./memory.ts";
import { callsLookedAt } from "./period.ts";
import type { CallSample, Period } from "./period.ts";
import { judgeProvider } from "./provider.ts";

const mib = 1024 * 1024;
const none: Scrape = parseMetrics("");
const quiet: readonly [Scrape, Scrape] = [none, none];

function call(about: Partial<CallSample> = {}): CallSample {
  return {
    id: "req_1",
    user: "ada",
    provider: "groq",
    model: "m",
    durationMs: 2_000,
    firstByteMs: 500,
    outcome: "success",
    errorCode: null,
    errorMessage: null,
    attempts: 1,
    inputTokens: 1_000,
    cacheReadTokens: 800,
    outputTokens: 100,
    cacheStatus: "bypass",
    ...about,
  };
}

function period(count: number, about: Partial<CallSample> = {}, ...more: CallSample[]): Period {
  return {
    calls: [...Array.from({ length: count }, () => call(about)), ...more],
    spanMs: 300_000,
    isSampled: false,
  };
}

const usual = period(100);

test("where only the newest calls were read it is said which, and of how long a time", () => {
  assert.deepEqual(callsLookedAt(usual, usual), []);
  const sampled: Period = { ...period(2_000), spanMs: 90_000, isSampled: true };
  assert.deepEqual(callsLookedAt(usual, sampled), [
    { name: "calls looked at", now: "all 100", before: "newest 2,000, of 90.0 s" },
  ]);
});

test("latency: as before is fine, and so is no traffic", () => {
  assert.deepEqual(judgeLatency({ now: usual, before: usual, scrapes: quiet }).causes, []);
  const idle = judgeLatency({ now: period(0), before: usual, scrapes: quiet });
  assert.deepEqual([idle.verdict, idle.causes], ["ok", []]);
});

test("latency: the provider that became slow is named, with its figures", () => {
  const now = period(
    20,
    {},
    ...Array.from({ length: 20 }, () => call({ provider: "slow", durationMs: 20_000, firstByteMs: 18_000 })),
  );
  const before = period(50, {}, ...Array.from({ length: 50 }, () => call({ provider: "slow" })));
  const { verdict, causes, headline } = judgeLatency({ now, before, scrapes: quiet });
  assert.equal(verdict, "critical");
  assert.equal(causes[0]?.title, "provider slow is slow");
  assert.match(causes[0]?.evidence[0] ?? "", /20\.0 s a call over 20 calls, 2\.0 s before/);
  assert.match(headline, /most likely: provider slow is slow/);
});

test("latency: answers that no provider gave this call, kept or joined, make no provider look quick", () => {
  for (const cacheStatus of ["hit", "joined"] as const) {
    const quick = Array.from({ length: 300 }, () => call({ cacheStatus, durationMs: 100, attempts: 0 }));
    const now = period(50, { durationMs: 8_000 }, ...quick);
    assert.equal(judgeLatency({ now, before: usual, scrapes: quiet }).verdict, "critical", cacheStatus);
  }
});

test("latency: longer answers at the same speed are no fault of the provider", () => {
  const now = period(40, { outputTokens: 500, durationMs: 500 + 500 * 15 });
  const { causes } = judgeLatency({ now, before: usual, scrapes: quiet });
  assert.equal(causes[0]?.title, "answers are longer");
  assert.equal(
    causes.some(({ title }) => title.includes("is slow")),
    false,
  );
});

test("latency: without calls before, nothing is called slow or longer unless it is slow by itself", () => {
  const fast = judgeLatency({ now: period(40), before: period(0), scrapes: quiet });
  assert.equal(fast.verdict, "ok");
  for (const { title, evidence } of fast.causes)
    assert.doesNotMatch([title, ...evidence].join("; "), /slow|longer|before/);
  const now = period(40, { durationMs: 9_000, firstByteMs: 8_000 });
  const slow = judgeLatency({ now, before: period(0), scrapes: quiet });
  assert.deepEqual([slow.verdict, slow.causes[0]?.title], ["warning", "provider groq is slow"]);
});

test("latency: a router that is busy itself is told from a slow provider", () => {
  const scrapes = [
    parseMetrics("ccr_router_overhead_seconds_sum 0\nccr_router_overhead_seconds_count 0"),
    parseMetrics(
      'ccr_router_overhead_seconds_sum 200\nccr_router_overhead_seconds_count 100\nccr_event_loop_lag_seconds{stat="p99"} 1.5',
    ),
  ] as const;
  const now = period(40, { durationMs: 4_100, firstByteMs: 2_600 });
  assert.equal(judgeLatency({ now, before: usual, scrapes }).causes[0]?.title, "the router itself is busy");
});

test("latency: what stands around the calls is shown too, and a dash where it is not measured", () => {
  const now = parseMetrics(
    [
      'ccr_provider_health_score{provider="groq"} 0.9',
      'ccr_provider_health_score{provider="openai"} 0.4',
      'ccr_active_connections{provider="groq"} 2',
      'ccr_active_connections{provider="openai"} 3',
      'ccr_cache_hit_ratio{cache_level="l1"} NaN',
      "ccr_cpu_usage_percent 41.7",
      'ccr_memory_usage_bytes{type="heap_used"} 100',
      'ccr_memory_usage_bytes{type="heap_limit"} 400',
      "ccr_config_last_reload_timestamp_seconds 1790000000.5",
    ].join("\n"),
  );
  const { figures } = judgeLatency({ now: usual, before: usual, scrapes: [none, now] });
  const rows = Object.fromEntries(figures.map((figure) => [figure.name, figure.now]));
  assert.equal(rows["least healthy provider"], "openai 0.40");
  assert.equal(rows["exchanges open at providers"], "5");
  assert.equal(rows["cache hits"], "-");
  assert.equal(rows["CPU, of a core"], "42 %");
  assert.equal(rows["heap, of its limit"], "25 %");
  assert.equal(rows["configuration loaded"], "2026-09-21T14:13:20.500Z");
  const { figures: unread } = judgeLatency({ now: usual, before: usual, scrapes: quiet });
  assert.ok(unread.slice(-7).every((figure) => figure.now === "-"));
});

test("latency: time lost in failed attempts is told apart", () => {
  const retried = Array.from({ length: 30 }, () => call({ attempts: 3, durationMs: 12_000, firstByteMs: 10_500 }));
  const { causes } = judgeLatency({ now: period(10, {}, ...retried), before: usual, scrapes: quiet });
  assert.equal(causes[0]?.title, "calls need several attempts");
});

test("errors: the largest group of equal failures is the cause; its remedy is the error table's", () => {
  const failures = [
    ...Array.from({ length: 8 }, () =>
      call({ outcome: "error", errorCode: "provider_rejected_credentials", errorMessage: "invalid x-api-key" }),
    ),
    ...Array.from({ length: 2 }, () => call({ outcome: "error", errorCode: "provider_overloaded" })),
  ];
  const { verdict, causes } = judgeErrors({ now: period(90, {}, ...failures), before: usual, scrapes: quiet });
  assert.equal(verdict, "critical");
  assert.match(causes[0]?.title ?? "", /^provider_rejected_credentials at groq/);
  assert.equal(causes[0]?.share, 0.8);
  assert.ok(causes[0]?.evidence.some((line) => line.includes("invalid x-api-key")));
  assert.ok(causes[0]?.remedies.some((line) => line.includes("ccr providers check")));
});

test("errors: callers' own mistakes are shown, and wake nobody; no error and no traffic are fine", () => {
  const wrong = Array.from({ length: 50 }, () => call({ outcome: "error", errorCode: "caller_invalid_request" }));
  const mistakes = judgeErrors({ now: period(50, {}, ...wrong), before: usual, scrapes: quiet });
  assert.deepEqual([mistakes.verdict, mistakes.causes.length], ["ok", 1]);
  for (const now of [usual, period(0)]) {
    assert.deepEqual(judgeErrors({ now, before: usual, scrapes: quiet }).verdict, "ok");
  }
});

function heap(usedMib: number, calls = 1, more = ""): Scrape {
  return parseMetrics(`ccr_memory_usage_bytes{type="heap_used"} ${usedMib * mib}
ccr_memory_usage_bytes{type="heap_limit"} ${1_000 * mib}
ccr_memory_usage_bytes{type="external"} ${10 * mib}
ccr_calls_in_flight ${calls}
${more}`);
}

function watch(...scrapes: Scrape[]): Parameters<typeof judgeMemory>[0] {
  const list = scrapes.map((scrape, index) => ({ scrape, atMs: index * 2_000 }));
  return { scrapes: list, pid: 4711, url: "http://127.0.0.1:3456" };
}

test("memory: a sawtooth is no leak, however steep; a floor that rises is", () => {
  const saw = watch(...[100, 200, 300, 100, 200, 300, 100, 200, 300].map((used) => heap(used)));
  assert.deepEqual([judgeMemory(saw).verdict, judgeMemory(saw).causes], ["ok", []]);
  const rising = watch(...[100, 180, 130, 210, 160, 240, 190, 270, 220].map((used) => heap(used)));
  const { verdict, causes } = judgeMemory(rising);
  assert.equal(verdict, "critical");
  assert.equal(causes[0]?.title, "a memory leak");
  assert.ok(causes[0]?.remedies[0]?.includes("kill -USR2 4711"));
});

test("memory: growth that comes with more calls is load", () => {
  const busy = watch(heap(100, 5), heap(300, 60), heap(500, 150), heap(600, 200), heap(640, 220), heap(650, 240));
  const { causes } = judgeMemory(busy);
  assert.equal(causes[0]?.title, "many calls at once");
  assert.equal(
    causes.some(({ title }) => title === "a memory leak"),
    false,
  );
});

test("memory: the heap near its limit is critical, and what fills it is named", () => {
  const full = judgeMemory(watch(heap(930), heap(930, 1, 'ccr_cache_size_bytes{cache_level="l1"} 524288000')));
  assert.equal(full.verdict, "critical");
  assert.equal(full.causes[0]?.title, "the answer cache takes it");
});

function line(name: string, about: Partial<SpendLine> = {}): SpendLine {
  return {
    name,
    calls: 100,
    costUsd: 1,
    failedCostUsd: 0,
    inputTokens: 1e6,
    cacheReadTokens: 8e5,
    outputTokens: 1e4,
    ...about,
  };
}

function spending(byUser: SpendLine[], byModel: SpendLine[] = [line("sonnet"), line("haiku")]): Spending {
  return { byUser, byModel, spanMs: 3_600_000 };
}

test("costs: the user whose spending rose is named; as before is fine", () => {
  const before = spending([line("ada"), line("bob")]);
  const now = spending([line("ada", { costUsd: 19, calls: 1_900 }), line("bob")]);
  const { verdict, causes } = judgeCosts({ now, before, unknownModels: [] });
  assert.equal(verdict, "critical");
  assert.equal(causes[0]?.title, "user ada spends more");
  assert.equal(judgeCosts({ now: before, before, unknownModels: [] }).verdict, "ok");
  assert.equal(judgeCosts({ now: spending([]), before, unknownModels: [] }).headline, "nothing was spent in this time");
});

test("costs: where nothing was spent before, nothing is told of it", () => {
  const now = spending([line("ada", { costUsd: 9, failedCostUsd: 1 }), line("bob")]);
  const { causes } = judgeCosts({ now, before: { ...spending([]), byModel: [] }, unknownModels: [] });
  assert.ok(causes.length > 1);
  for (const { title, evidence } of causes) assert.doesNotMatch([title, ...evidence].join("; "), /before|more/);
});

test("costs: prompts that are cached no more, and models without a price, are found", () => {
  const before = spending([line("ada", { cacheReadTokens: 9e5 })], [line("sonnet")]);
  const cold = spending([line("ada", { cacheReadTokens: 0, costUsd: 4 })], [line("sonnet", { costUsd: 4 })]);
  assert.match(
    judgeCosts({ now: cold, before, unknownModels: [] }).causes[0]?.title ?? "",
    /provider's cache less often/,
  );
  const unknown = spending(
    [line("ada", { costUsd: 9 })],
    [line("made-up", { costUsd: 8.5 }), line("sonnet", { costUsd: 0.5 })],
  );
  const { causes } = judgeCosts({ now: unknown, before: spending([line("ada")]), unknownModels: ["made-up"] });
  assert.ok(causes.some(({ title }) => title.startsWith("models without a known price")));
});

test("a provider that refuses its key is named as such; a healthy one has no cause", () => {
  const well = {
    status: "healthy",
    score: 1,
    parts: { success: 1, latency: 1, headroom: 1, breaker: 1 },
    lastError: null,
  } as const;
  const common = { provider: "groq", breakers: [], now: usual, before: usual, scrapes: quiet, connectivity: [] };
  const fine = judgeProvider({ ...common, health: well });
  assert.deepEqual([fine.verdict, fine.causes], ["ok", []]);
  const lastError = { code: "provider_rejected_credentials", model: "m", message: "invalid key", atMs: 0 } as const;
  const parts = { success: 0.05, latency: 1, headroom: 0.9, breaker: 0 };
  const broken = judgeProvider({
    ...common,
    now: period(2, { outcome: "cut", errorCode: "provider_cut_answer" }),
    health: { status: "unhealthy", score: 0.1, parts, lastError },
  });
  assert.deepEqual(broken.causes[0]?.evidence, [
    "2 of its answers broke off in the window",
    "the last error: invalid key",
  ]);
  const breakers = [{ name: "groq/m", kind: "open", reason: "5 failures in a row" }];
  const sick = judgeProvider({ ...common, breakers, health: { status: "unhealthy", score: 0.1, parts, lastError } });
  assert.equal(sick.verdict, "critical");
  assert.match(sick.causes[0]?.title ?? "", /^provider_rejected_credentials/);
  // The ledger knows no provider of a call that nobody served: a 0 would say that none failed.
  assert.deepEqual(sick.causes[0]?.evidence, ["the last error: invalid key"]);
  const kept = sick.causes.find(({ evidence }) => evidence.some((text) => text.includes("5 failures in a row")));
  assert.equal(kept?.remedies[1], "`POST /debug/circuit-breakers/groq%2Fm/reset`");
});
