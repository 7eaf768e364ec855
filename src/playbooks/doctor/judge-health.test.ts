import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictOf } from "../finding.ts";
import { parseMetrics } from "../metrics-text.ts";
import { countLines } from "../probe-log.ts";
import type { DoctorFigures, OperatorFigures } from "./doctor-figures.ts";
import { judgeHealth } from "./judge-health.ts";

const mib = 1024 * 1024;

function metrics(more = ""): ReturnType<typeof parseMetrics> {
  return parseMetrics(
    `ccr_memory_usage_bytes{type="heap_used"} ${100 * mib}
ccr_memory_usage_bytes{type="heap_total"} ${104 * mib}
ccr_memory_usage_bytes{type="heap_limit"} ${4_000 * mib}
ccr_event_loop_lag_seconds{stat="p99"} 0.01
ccr_call_outcomes_total{outcome="success"} 500
${more}`,
  );
}

const operator: OperatorFigures = {
  calls: 100,
  failedShare: 0,
  callerFaultShare: 0,
  p95Ms: 3_000,
  providers: [{ name: "groq", status: "healthy", score: 1, lastError: null }],
  alerts: [],
  budgets: [],
};

function figures(about: Partial<DoctorFigures> = {}, more: Partial<OperatorFigures> = {}): DoctorFigures {
  return {
    url: "http://127.0.0.1:3456",
    awayReason: null,
    answerMs: 2,
    isReady: true,
    health: { status: "healthy", reasons: [] },
    scrapes: { before: metrics(), after: metrics(), spanMs: 3_000 },
    operator: { ...operator, ...more },
    machine: { totalMemoryBytes: 8e9, availableMemoryBytes: 4e9, loadPerCore: 9, disks: [] },
    operatorLack: null,
    log: null,
    isLogMissing: false,
    nowMs: 0,
    ...about,
  };
}

function statusOf(given: DoctorFigures, check: string): string | undefined {
  return judgeHealth(given).find((finding) => finding.check === check)?.status;
}

test("healthy figures are fine, and so is no traffic", () => {
  assert.equal(verdictOf(judgeHealth(figures())), "ok");
  const quiet = judgeHealth(figures({}, { calls: 0, failedShare: null, p95Ms: null }));
  assert.equal(verdictOf(quiet), "ok");
  assert.match(quiet.find(({ check }) => check === "errors")?.summary ?? "", /no call ended/);
});

test("a log file that the router cannot write is warned of", () => {
  assert.equal(statusOf(figures(), "log"), undefined);
  assert.equal(statusOf(figures({ isLogMissing: true }), "log"), "warning");
});

test("times say what was measured, and when", () => {
  const summaryOf = (name: string): string | undefined =>
    judgeHealth(figures()).find(({ check }) => check === name)?.summary;
  assert.equal(summaryOf("service"), "ready; one request (/livez) was answered in 2.0 ms");
  assert.equal(summaryOf("latency"), "95 % of calls of the last 5 minutes took at most 3.0 s, whole answers included");
});

test("a router that does not answer, or takes no calls, is critical", () => {
  const down = figures({ awayReason: "ECONNREFUSED", isReady: false, health: null, scrapes: null, operator: null });
  assert.equal(statusOf(down, "service"), "critical");
  assert.equal(statusOf(figures({ isReady: false }), "service"), "critical");
});

test("errors are the share that failed: 500 good answers are none, 5 % are critical", () => {
  assert.equal(statusOf(figures({}, { calls: 500, failedShare: 0 }), "errors"), "ok");
  assert.equal(statusOf(figures({}, { failedShare: 0.02 }), "errors"), "warning");
  assert.equal(statusOf(figures({}, { failedShare: 0.05 }), "errors"), "critical");
});

test("what callers got wrong themselves is told, and alarms nobody", () => {
  const wrong = figures({}, { calls: 2, failedShare: 1, callerFaultShare: 1 });
  const finding = judgeHealth(wrong).find(({ check }) => check === "errors");
  assert.deepEqual([finding?.status, finding?.remedy], ["ok", null]);
  assert.match(finding?.summary ?? "", /100 % of 2 calls failed .*, 100 % by their callers' own fault/);
  assert.equal(statusOf(figures({}, { failedShare: 0.5, callerFaultShare: 0.4 }), "errors"), "critical");
  const more = 'ccr_call_outcomes_total{outcome="error"} 3\nccr_errors_total{error_type="caller_not_found"} 3';
  const scrapes = { before: metrics(), after: metrics(more), spanMs: 3_000 };
  assert.equal(statusOf(figures({ operator: null, scrapes }), "errors"), "ok");
});

test("without the admin key errors come from the metrics, and what needs it is skipped with a hint", () => {
  const failed = metrics('ccr_call_outcomes_total{outcome="error"} 10');
  const given = figures({ operator: null, scrapes: { before: metrics(), after: failed, spanMs: 3_000 } });
  assert.equal(statusOf(given, "errors"), "critical");
  assert.equal(statusOf(given, "operators' figures"), "skipped");
  assert.equal(statusOf(figures({ operator: null }), "errors"), "ok");
});

test("a key that is refused is a warning: the check sees less than it was meant to", () => {
  const given = figures({ operator: null, operatorLack: { kind: "key-refused" } });
  assert.equal(statusOf(given, "operators' figures"), "warning");
  const failed = figures({ operator: null, operatorLack: { kind: "failed", reason: "/api/overview answers 503" } });
  const finding = judgeHealth(failed).find(({ check }) => check === "operators' figures");
  assert.match(finding?.summary ?? "", /could not tell them: \/api\/overview answers 503$/);
});

test("memory is judged by the heap's limit, not by what the heap happens to have taken", () => {
  const heap = (used: number): DoctorFigures => {
    const after = metrics(`ccr_memory_usage_bytes{type="heap_used"} ${(used - 100) * mib}`);
    return figures({ scrapes: { before: metrics(), after, spanMs: 1 } });
  };
  assert.equal(statusOf(heap(104), "memory"), "ok");
  assert.equal(statusOf(heap(3_300), "memory"), "warning");
  assert.equal(statusOf(heap(3_800), "memory"), "critical");
});

test("one sick provider is a warning, the last one is critical, none at all too", () => {
  const sick = { name: "groq", status: "unhealthy", score: 0.2, lastError: null } as const;
  const well = { ...sick, name: "openai", status: "healthy" } as const;
  assert.equal(statusOf(figures({}, { providers: [sick, well] }), "provider groq"), "warning");
  assert.equal(statusOf(figures({}, { providers: [sick] }), "provider groq"), "critical");
  assert.equal(statusOf(figures({}, { providers: [] }), "providers"), "critical");
});

test("a dependency that is away is a warning, and critical where calls are refused without it", () => {
  const after = metrics('ccr_dependency_up{dependency="redis"} 0');
  const scrapes = { before: metrics(), after, spanMs: 1 };
  const reason = (status: "degraded" | "unhealthy"): DoctorFigures =>
    figures({ scrapes, health: { status, reasons: [{ component: "redis", status, reason: "away: x" }] } });
  assert.equal(statusOf(reason("degraded"), "redis"), "warning");
  assert.equal(statusOf(reason("unhealthy"), "redis"), "critical");
});

test("alerts that fire count by their severity, full budgets and a refused configuration as warnings", () => {
  const alert = { name: "RedisDown", severity: "critical", summary: "" };
  assert.equal(statusOf(figures({}, { alerts: [alert] }), "alert RedisDown"), "critical");
  const budgets = [{ name: "user ada daily", used: 0.97, status: "critical" }];
  assert.equal(statusOf(figures({}, { budgets }), "budgets"), "warning");
  const reasons = [{ component: "config", status: "degraded", reason: "the file was refused" }] as const;
  assert.equal(statusOf(figures({ health: { status: "degraded", reasons } }), "configuration"), "warning");
});

test("what the router cannot tell, as while its database is away, is a warning: no alert known is not none that fires", () => {
  for (const check of ["providers", "budgets", "alerts"]) {
    assert.equal(statusOf(figures({}, { [check]: null }), check), "warning");
  }
});

test("a full disk and too little memory are found; every finding that is not fine says what to do", () => {
  const disks = [{ mount: "/var", usedBytes: 98, sizeBytes: 100 }];
  const machine = { totalMemoryBytes: 100, availableMemoryBytes: 5, loadPerCore: 1, disks };
  assert.equal(statusOf(figures({ machine }), "disk /var"), "critical");
  assert.equal(statusOf(figures({ machine }), "machine's memory"), "warning");
  for (const { status, remedy } of judgeHealth(figures({ machine }, { failedShare: 1 }))) {
    assert.equal(status === "ok" || remedy !== null, true);
  }
});

test("the log is read by its level, not by words: a message that says ERROR is none", () => {
  const nowMs = Date.UTC(2026, 10, 28, 3);
  const line = (level: string, msg: string, agoMs: number): string =>
    JSON.stringify({ level, time: new Date(nowMs - agoMs).toISOString(), msg });
  const text = [
    line("info", "an ERROR that is none", 1_000),
    line("warn", "careful", 1_000),
    line("error", "long ago", 3_600_000),
    line("error", "it broke", 2_000),
    "no JSON: ERROR",
    "",
  ].join("\n");
  const { newest, ...counts } = countLines(text, nowMs);
  assert.deepEqual(counts, { warnings: 1, errors: 1, lastError: "it broke" });
  assert.deepEqual(
    newest.map(({ level, message }) => [level, message]),
    [
      ["warn", "careful"],
      ["error", "it broke"],
    ],
  );
});
