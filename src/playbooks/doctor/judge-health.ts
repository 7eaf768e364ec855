/** The comprehensive health check: figures to findings. Pure. */
import { critical, graded, ok, skipped, warning } from "../finding.ts";
import type { Finding } from "../finding.ts";
import { formatBytes, formatCalls, formatCount, formatMs, formatShare } from "../figures.ts";
import { increaseBy, increaseOf, meanBetween, valueOf } from "../metrics-text.ts";
import type { DoctorFigures, OperatorFigures } from "./doctor-figures.ts";

/** All findings, in the order in which a person would look. */
export function judgeHealth(figures: DoctorFigures): readonly Finding[] {
  const { awayReason, url } = figures;
  if (awayReason !== null) {
    const remedy = "start it: `ccr start`; if it should run, `ccr logs` says how it ended";
    return [critical("service", `no router answers at ${url}: ${awayReason}`, remedy), ...judgeMachine(figures)];
  }
  return [
    judgeAnswer(figures),
    ...judgeProcess(figures),
    ...judgeDependencies(figures),
    ...judgeOperatorFigures(figures),
    ...judgeMachine(figures),
    ...judgeLog(figures),
  ];
}

function judgeAnswer({ answerMs, isReady, url }: DoctorFigures): Finding {
  if (!isReady) {
    return critical(
      "service",
      `${url} answers, but takes no calls (/readyz)`,
      "it starts or drains: wait, then look at `ccr logs`",
    );
  }
  return graded(
    "service",
    answerMs,
    { warning: 2_000, critical: 5_000 },
    `ready; one request (/livez) was answered in ${formatMs(answerMs)}`,
    "something keeps the process busy: `ccr investigate latency`",
  );
}

function judgeProcess({ scrapes, health }: DoctorFigures): Finding[] {
  if (scrapes === null) return [skipped("process", "/metrics cannot be read")];
  const { before, after, spanMs } = scrapes;
  const value = (name: string, labels = {}): number => valueOf(after, name, labels) ?? 0;
  const findings: Finding[] = [];
  const heap = value("ccr_memory_usage_bytes", { type: "heap_used" });
  const limit = value("ccr_memory_usage_bytes", { type: "heap_limit" });
  findings.push(
    graded(
      "memory",
      limit === 0 ? 0 : heap / limit,
      { warning: 0.8, critical: 0.92 },
      `heap ${formatBytes(heap)} of ${formatBytes(limit)}, resident ${formatBytes(value("process_resident_memory_bytes"))}`,
      "`ccr investigate memory` tells a leak from load",
    ),
  );
  const cpu =
    ((value("process_cpu_seconds_total") - (valueOf(before, "process_cpu_seconds_total") ?? 0)) / spanMs) * 1e3;
  const lagMs = value("ccr_event_loop_lag_seconds", { stat: "p99" }) * 1_000;
  findings.push(
    graded(
      "event loop",
      lagMs,
      { warning: 100, critical: 1_000 },
      `lags by ${formatMs(lagMs)} (p99), CPU ${formatShare(cpu)} of a core`,
      "the process is too busy: `ccr investigate latency`, or more instances",
    ),
  );
  const overheadMs = meanBetween(before, after, "ccr_router_overhead_seconds");
  if (overheadMs !== null) findings.push(ok("overhead", `${formatMs(overheadMs * 1_000)} a call is the router's own`));
  const config = health?.reasons.find(({ component }) => component === "config");
  findings.push(
    config === undefined
      ? ok("configuration", "the file in use is the file on disk")
      : warning("configuration", config.reason, "`ccr validate-config` says what is wrong with the file"),
  );
  return findings;
}

const dependencyRemedies: Readonly<Record<string, string>> = {
  redis: "bring Redis back: calls go on meanwhile, budgets by `budgets.onStoreFailure`",
  ledger: "bring the database back, or free its disk: records wait in a bounded buffer",
};

function judgeDependencies({ scrapes, health }: DoctorFigures): Finding[] {
  if (scrapes === null) return [];
  return (scrapes.after.get("ccr_dependency_up") ?? []).map(({ labels, value }) => {
    const name = labels["dependency"] ?? "";
    const waiting = valueOf(scrapes.after, "ccr_dependency_buffered_entries", { dependency: name }) ?? 0;
    const buffer = waiting === 0 ? "" : `, ${formatCount(waiting)} entries wait`;
    if (value === 1) return ok(name, `reachable${buffer}`);
    const reason = health?.reasons.find(({ component }) => component === name);
    const summary = `${reason?.reason ?? "away"}${buffer}`;
    const remedy = dependencyRemedies[name] ?? `see docs/runbooks/DependencyDown.md`;
    return reason?.status === "unhealthy" ? critical(name, summary, remedy) : warning(name, summary, remedy);
  });
}

function judgeOperatorFigures({ operator, operatorLack, scrapes }: DoctorFigures): Finding[] {
  if (operator === null) {
    return [...(scrapes === null ? [] : [judgeErrorsBetween(scrapes)]), judgeMissingFigures(operatorLack)];
  }
  return [
    judgeErrors(operator),
    ...judgeLatency(operator),
    ...ifTold("providers", operator.providers, judgeProviders),
    ...ifTold("budgets", operator.budgets, judgeBudgets),
    ...ifTold("alerts", operator.alerts, judgeAlerts),
  ];
}

/** What the router cannot tell is not fine. */
function ifTold<Figures>(check: string, figures: Figures | null, judge: (figures: Figures) => Finding[]): Finding[] {
  if (figures !== null) return judge(figures);
  return [warning(check, "not known: the router could not tell", "see the dependencies above, and `ccr logs`")];
}

/** Whoever shows a key counts on being told everything: a check that sees less than it should is not fine. */
function judgeMissingFigures(lack: DoctorFigures["operatorLack"]): Finding {
  const check = "operators' figures";
  if (lack?.kind === "failed")
    return warning(check, `the router could not tell them: ${lack.reason}`, "`ccr logs` says why");
  const needed = "errors over time, providers, budgets and alerts need the admin key";
  return lack?.kind === "key-refused"
    ? warning(
        check,
        `${needed}; the one shown is refused`,
        "`ccr keys list` tells which are in force; set CCR_ADMIN_KEY",
      )
    : skipped(check, needed, "set CCR_ADMIN_KEY; `ccr keys create --admin` makes one");
}

function judgeErrors({ calls, failedShare, callerFaultShare }: OperatorFigures): Finding {
  if (failedShare === null) return ok("errors", "no call ended in the last 5 minutes");
  return gradeErrors(calls, failedShare, callerFaultShare ?? 0, "the last 5 minutes");
}

/** Without the key: what /metrics tells of the seconds in between. */
function judgeErrorsBetween({ before, after, spanMs }: NonNullable<DoctorFigures["scrapes"]>): Finding {
  const span = formatMs(spanMs);
  const outcome = (name: string): number => increaseOf(before, after, "ccr_call_outcomes_total", { outcome: name });
  const failed = outcome("error") + outcome("cut");
  const calls = failed + outcome("success") + outcome("aborted");
  if (calls === 0) return ok("errors", `no call ended in ${span}`);
  const callerFaults = increaseBy(before, after, "ccr_errors_total", "error_type")
    // A client that leaves is no failed call.
    .filter(({ value }) => value.startsWith("caller_") && value !== "caller_gone")
    .reduce((sum, { increase }) => sum + increase, 0);
  return gradeErrors(calls, failed / calls, Math.min(callerFaults, failed) / calls, span);
}

/** Requests that their callers got wrong are told, and are no reason for an alarm. */
function gradeErrors(calls: number, failedShare: number, callerFaultShare: number, span: string): Finding {
  const blame = callerFaultShare === 0 ? "" : `, ${formatShare(callerFaultShare)} by their callers' own fault`;
  const summary = `${formatShare(failedShare)} of ${formatCalls(calls)} failed in ${span}${blame}`;
  const limits = { warning: 0.01, critical: 0.05 };
  return graded("errors", failedShare - callerFaultShare, limits, summary, "`ccr investigate errors` names the cause");
}

function judgeLatency({ p95Ms }: OperatorFigures): Finding[] {
  if (p95Ms === null) return [];
  return [ok("latency", `95 % of calls of the last 5 minutes took at most ${formatMs(p95Ms)}, whole answers included`)];
}

function judgeProviders(providers: NonNullable<OperatorFigures["providers"]>): Finding[] {
  if (providers.length === 0) {
    return [critical("providers", "none is configured", "set a key, or `providers` in ccr.yaml: `ccr init`")];
  }
  const areAllDown = providers.every(({ status }) => status === "unhealthy");
  return providers.map(({ name, status, score, lastError }) => {
    const check = `provider ${name}`;
    const summary = `${status}, score ${score.toFixed(2)}${lastError === null ? "" : `; last error: ${lastError.message}`}`;
    if (status === "healthy") return ok(check, `healthy, score ${score.toFixed(2)}`);
    const remedy = `\`ccr investigate provider ${name}\`, \`ccr providers check ${name}\``;
    return areAllDown ? critical(check, summary, remedy) : warning(check, summary, remedy);
  });
}

function judgeBudgets(budgets: NonNullable<OperatorFigures["budgets"]>): Finding[] {
  const full = budgets.filter(({ status }) => status !== "ok");
  if (full.length === 0)
    return budgets.length === 0 ? [] : [ok("budgets", `${budgets.length} in use, none nearly full`)];
  const worst = full.reduce((a, b) => (b.used > a.used ? b : a));
  const summary = `${full.length} nearly or fully used; the fullest, ${worst.name}, at ${formatShare(worst.used)}`;
  return [warning("budgets", summary, "`ccr investigate costs`; raise a cap by `PUT /api/budgets`")];
}

function judgeAlerts(alerts: NonNullable<OperatorFigures["alerts"]>): Finding[] {
  if (alerts.length === 0) return [ok("alerts", "none fires")];
  return alerts.map(({ name, severity, summary }) => {
    const make = severity === "critical" ? critical : warning;
    return make(`alert ${name}`, summary, `\`ccr runbook ${name}\`, \`ccr alerts ack ${name}\``);
  });
}

function judgeMachine({ machine }: DoctorFigures): Finding[] {
  if (machine === null) return [];
  const { totalMemoryBytes, availableMemoryBytes, loadPerCore, disks } = machine;
  return [
    graded(
      "machine's memory",
      1 - availableMemoryBytes / totalMemoryBytes,
      { warning: 0.9, critical: 0.97 },
      `${formatBytes(availableMemoryBytes)} of ${formatBytes(totalMemoryBytes)} to be had`,
      "end what takes it, or give the machine more",
    ),
    // No fault by itself: what it does to calls shows in the event loop's lag.
    ok("machine's load", `${loadPerCore.toFixed(1)} a core`),
    ...disks.map(({ mount, usedBytes, sizeBytes }) =>
      graded(
        `disk ${mount}`,
        usedBytes / sizeBytes,
        { warning: 0.9, critical: 0.97 },
        `${formatShare(usedBytes / sizeBytes)} used, ${formatBytes(sizeBytes - usedBytes)} free`,
        "free some: old logs, heap snapshots, or `ledger.retentionDays`",
      ),
    ),
  ];
}

function judgeLog({ log, isLogMissing }: DoctorFigures): Finding[] {
  if (isLogMissing) {
    const remedy = "let the router write what `logging.file` names, then `ccr restart`; `ccr logs` says what it met";
    return [warning("log", "its file is not there: warnings and errors are not kept", remedy)];
  }
  if (log === null) return [];
  const { errors, warnings, lastError, path } = log;
  const counts = `${errors} errors and ${warnings} warnings in 15 minutes`;
  if (errors === 0) return [ok("log", counts)];
  return [warning("log", `${counts}; the last: ${lastError ?? "without a message"}`, `read ${path}`)];
}
