/** Gathers what the health check judges: over HTTP from a running router, and from this machine where it runs here. */
import { quietSeverity } from "../../core/alert-severity.ts";
import { parseJson, toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { OverallHealth } from "../../monitoring/health/overall-health.ts";
import { probeLog } from "../probe-log.ts";
import { probeMachine } from "../probe-machine.ts";
import { isRouterAlive, UnreadPageError } from "../router-http.ts";
import type { RouterClient } from "../router-http.ts";
import type { DoctorFigures, OperatorFigures } from "./doctor-figures.ts";

export interface DoctorQuestion {
  readonly router: RouterClient;
  /** Time between the two scrapes. */
  readonly watchMs: number;
  /** Where the router runs on this machine: its folders and its error log. */
  readonly local: {
    readonly folders: readonly string[];
    readonly logFile: string;
    /** Whether it is the one of this state folder, and no other that listens at its address. */
    readonly isOwn: boolean;
  } | null;
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

export async function gatherDoctorFigures(question: DoctorQuestion): Promise<DoctorFigures> {
  const { router, watchMs, local, nowMs, wait } = question;
  const alive = await router.get("/livez");
  const nothing = { isReady: false, health: null, scrapes: null, operator: null, operatorLack: null };
  const log = local === null ? null : await probeLog(local.logFile, nowMs());
  const here = {
    url: router.url,
    machine: local === null ? null : await probeMachine(local.folders),
    log,
    isLogMissing: local?.isOwn === true && log === null,
    nowMs: nowMs(),
  };
  if (alive.kind !== "answered" || !isRouterAlive(alive))
    return { ...here, ...nothing, awayReason: awayReason(alive), answerMs: 0 };
  const [ready, health, before] = await Promise.all([router.get("/readyz"), router.get("/health"), router.scrape()]);
  const startMs = performance.now();
  const operator = await gatherOperatorFigures(router);
  await wait(Math.max(0, watchMs - (performance.now() - startMs)));
  const after = await router.scrape();
  const spanMs = performance.now() - startMs;
  return {
    ...here,
    awayReason: null,
    answerMs: alive.tookMs,
    isReady: ready.kind === "answered" && ready.status === 200,
    health: health.kind === "answered" ? ((parseJson(health.text) ?? null) as unknown as OverallHealth | null) : null,
    scrapes: before === null || after === null ? null : { before, after, spanMs },
    ...(operator instanceof UnreadPageError
      ? { operator: null, operatorLack: lackOf(operator, router) }
      : { operator, operatorLack: null }),
  };
}

function awayReason(answer: Awaited<ReturnType<RouterClient["get"]>>): string {
  if (answer.kind === "away") return answer.reason;
  return answer.kind === "refused"
    ? "another program is there, which wants a login"
    : `another program is there, or a router that fails (/livez: status ${answer.status})`;
}

/** Five minutes of steps of fifteen seconds. */
const recentSteps = 20;

function lackOf({ isRefused, message }: UnreadPageError, { hasAdminKey }: RouterClient): DoctorFigures["operatorLack"] {
  if (!isRefused) return { kind: "failed", reason: message };
  return { kind: hasAdminKey ? "key-refused" : "no-key" };
}

async function gatherOperatorFigures(router: RouterClient): Promise<OperatorFigures | UnreadPageError> {
  const unread = (error: UnreadPageError): UnreadPageError => error;
  const unknown = (): null => null;
  const [overview, providers, alerts, budgets] = await Promise.all([
    router.getJson("/api/overview").catch(unread),
    router.getJson("/api/providers/health").catch(unknown),
    router.getJson("/api/alerts", { state: "firing" }).catch(unknown),
    router.getJson("/api/budgets").catch(unknown),
  ]);
  if (overview instanceof UnreadPageError) return overview;
  const activity = toJsonObject(toJsonObject(overview).activity);
  const steps = toJsonArray(activity.steps).slice(-recentSteps).map(toJsonObject);
  return {
    calls: steps.reduce((sum, step) => sum + Number(step.calls), 0),
    failedShare: numberOrNull(activity.failedShare),
    callerFaultShare: numberOrNull(activity.callerFaultShare),
    p95Ms: numberOrNull(activity.p95Ms),
    providers: providers as unknown as OperatorFigures["providers"],
    alerts: alerts === null ? null : toAlerts(alerts),
    budgets: budgets === null ? null : toBudgets(budgets),
  };
}

function toAlerts(answer: JsonValue): OperatorFigures["alerts"] {
  return toJsonArray(toJsonObject(answer).alerts)
    .map(toJsonObject)
    .map(({ name, severity, summary }) => ({
      name: toText(name),
      severity: toText(severity),
      summary: toText(summary),
    }))
    .filter(({ severity }) => severity !== quietSeverity);
}

function toBudgets(answer: JsonValue): OperatorFigures["budgets"] {
  return toJsonArray(toJsonObject(answer).budgets)
    .map(toJsonObject)
    .map(({ scope, id, period, used, status }) => ({
      name: [scope, id, period].filter((part) => typeof part === "string").join(" "),
      used: Number(used),
      status: toText(status),
    }));
}

function numberOrNull(value: JsonValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}
