/** `ccr investigate`: figures now and before, and the most likely cause. */
import { setTimeout as wait } from "node:timers/promises";
import { hourMs } from "../../core/time/durations.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import { parseJson, toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import { checkProviders } from "../../playbooks/connectivity/check-providers.ts";
import { judgeProviderCheck } from "../../playbooks/connectivity/judge-connectivity.ts";
import type { Finding } from "../../playbooks/finding.ts";
import { judgeCosts } from "../../playbooks/investigate/costs.ts";
import type { Spending, SpendLine } from "../../playbooks/investigate/costs.ts";
import type { Diagnosis } from "../../playbooks/investigate/diagnosis.ts";
import { judgeErrors } from "../../playbooks/investigate/errors.ts";
import { gatherPeriod, watchMetrics } from "../../playbooks/investigate/gather-over-http.ts";
import { judgeLatency } from "../../playbooks/investigate/latency.ts";
import { judgeMemory } from "../../playbooks/investigate/memory.ts";
import { callsLookedAt } from "../../playbooks/investigate/period.ts";
import type { Period } from "../../playbooks/investigate/period.ts";
import { judgeProvider } from "../../playbooks/investigate/provider.ts";
import type { ProviderFigures } from "../../playbooks/investigate/provider.ts";
import { probeLog } from "../../playbooks/probe-log.ts";
import type { LogFigures } from "../../playbooks/probe-log.ts";
import type { Scrape } from "../../playbooks/metrics-text.ts";
import { createRouterClient, isRouterAlive, UnreadPageError } from "../../playbooks/router-http.ts";
import type { RouterClient } from "../../playbooks/router-http.ts";
import { findProviders } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { readStretch, readWatch } from "../arguments/read-span.ts";
import { routerToAsk } from "../asking/router-to-ask.ts";
import type { RouterArguments, RouterToAsk } from "../asking/router-to-ask.ts";
import { reportDiagnosis } from "../tell-findings.ts";

export interface InvestigateArguments extends RouterArguments {
  readonly watch?: string;
  readonly window?: string;
  readonly before?: string;
  readonly heapSnapshot?: boolean;
}

const subjects = ["latency", "memory", "errors", "costs", "provider"] as const;
type Subject = (typeof subjects)[number];

/** How long each is watched and looked back on, unless told otherwise. */
const spans: Readonly<Record<Subject, { readonly watch: string; readonly window: string; readonly before: string }>> = {
  latency: { watch: "10s", window: "5m", before: "1h" },
  memory: { watch: "60s", window: "5m", before: "1h" },
  errors: { watch: "10s", window: "5m", before: "1h" },
  costs: { watch: "1s", window: "1h", before: "24h" },
  provider: { watch: "10s", window: "5m", before: "1h" },
};

interface Inquiry extends RouterToAsk {
  readonly context: CommandContext;
  readonly watchMs: number;
  readonly windowMs: number;
  readonly beforeMs: number;
}

export async function run(
  context: CommandContext,
  text: string,
  name: string | undefined,
  given: InvestigateArguments,
): Promise<number> {
  const subject = subjects.find((one) => one === text);
  if (subject === undefined) {
    throw new CliError(`there is no investigation of ${text}`, `take one of ${subjects.join(", ")}`, exitCodes.usage);
  }
  if (name !== undefined && subject !== "provider") {
    const remedy = `\`ccr investigate provider ${name}\` looks at one`;
    throw new CliError(`${subject} is looked at over all providers`, remedy, exitCodes.usage);
  }
  if (given.heapSnapshot === true && subject !== "memory") {
    throw new CliError(`--heap-snapshot is for memory, not for ${subject}`, null, exitCodes.usage);
  }
  const usual = spans[subject];
  const inquiry: Inquiry = {
    context,
    ...routerToAsk(context, given),
    watchMs: readWatch("--watch", given.watch ?? usual.watch),
    windowMs: readStretch("--window", given.window ?? usual.window),
    beforeMs: readStretch("--before", given.before ?? usual.before),
  };
  await requireRouter(inquiry.client);
  if (given.heapSnapshot === true) await requireOperator(inquiry.client);
  const diagnosis = await investigate(inquiry, subject, name).catch((error: unknown) => {
    throw error instanceof UnreadPageError ? unreadError(error, inquiry.client) : error;
  });
  const exitCode = reportDiagnosis(context, diagnosis, given.json === true, await readLog(inquiry, subject));
  if (given.heapSnapshot === true) await writeHeapSnapshot(inquiry);
  return exitCode;
}

async function investigate(inquiry: Inquiry, subject: Subject, name: string | undefined): Promise<Diagnosis> {
  if (subject === "memory") return investigateMemory(inquiry);
  if (subject === "costs") return investigateCosts(inquiry);
  if (subject === "provider") return investigateProvider(inquiry, name);
  const compared = await comparePeriods(inquiry);
  return withCallsLookedAt(subject === "latency" ? judgeLatency(compared) : judgeErrors(compared), compared);
}

function withCallsLookedAt(diagnosis: Diagnosis, { now, before }: Compared): Diagnosis {
  return { ...diagnosis, figures: [...diagnosis.figures, ...callsLookedAt(now, before)] };
}

/** Of a router on this machine: what it complained of while it was slow, or calls failed. */
function readLog({ settings }: Inquiry, subject: Subject): Promise<LogFigures | null> {
  const isAsked = settings !== null && (subject === "latency" || subject === "errors");
  return isAsked ? probeLog(settings.config.logging.file, Date.now()) : Promise.resolve(null);
}

async function requireRouter(client: RouterClient): Promise<void> {
  const answer = await client.get("/livez");
  if (isRouterAlive(answer)) return;
  const reason = answer.kind === "away" ? answer.reason : "something else answers there";
  throw new CliError(
    `no router answers at ${client.url}: ${reason}`,
    "start it with `ccr start`, or name another one with `--url`; `ccr doctor` looks at the rest",
  );
}

/** Asked before the watch, not after it. */
async function requireOperator(client: RouterClient): Promise<void> {
  const { kind } = await client.get("/debug/circuit-breakers");
  if (kind === "refused") throw needsKey(client.hasAdminKey, "no heap snapshot can be had");
}

async function watch({ context: { notes }, client, watchMs }: Inquiry): ReturnType<typeof watchMetrics> {
  const seconds = Math.round(watchMs / 1_000);
  try {
    return await watchMetrics(client, {
      everyMs: Math.max(200, watchMs / 30),
      spanMs: watchMs,
      wait,
      onProgress: (part) => notes.progress(`watching ${client.url} for ${seconds} s: ${Math.round(part * 100)} %`),
    });
  } catch (error) {
    throw new CliError(messageOf(error), "`ccr status` and `ccr logs` say what became of one that was started here");
  } finally {
    notes.progress("");
  }
}

interface Compared {
  readonly now: Period;
  readonly before: Period;
  readonly scrapes: readonly [Scrape, Scrape];
}

async function comparePeriods(inquiry: Inquiry): Promise<Compared> {
  const { client, windowMs, beforeMs } = inquiry;
  const { scrapes } = await watch(inquiry);
  const endMs = Date.now() + 1;
  const [now, before] = await Promise.all([
    gatherPeriod(client, endMs - windowMs, endMs),
    gatherPeriod(client, endMs - windowMs - beforeMs, endMs - windowMs),
  ]);
  return { now, before, scrapes: [scrapes[0]!.scrape, scrapes.at(-1)!.scrape] };
}

function unreadError({ isRefused, message }: UnreadPageError, { hasAdminKey }: RouterClient): CliError {
  const lack = "the router's calls and costs cannot be read";
  return isRefused
    ? needsKey(hasAdminKey, lack)
    : new CliError(`${lack}: ${message}`, "`ccr doctor` tells what the router misses, `ccr logs` why");
}

function needsKey(hasAdminKey: boolean, lack: string): CliError {
  return new CliError(
    `${lack}: ${hasAdminKey ? "the router refuses this key" : "that takes the router's admin key"}`,
    "set CCR_ADMIN_KEY to its admin key; `ccr keys create --admin` makes one",
  );
}

async function investigateMemory(inquiry: Inquiry): Promise<Diagnosis> {
  const { scrapes } = await watch(inquiry);
  return judgeMemory({ scrapes, pid: inquiry.pid, url: inquiry.client.url });
}

/** A large heap takes its time, and the router stands still meanwhile. */
const snapshotLimitMs = 180_000;

/** The router writes it, and says where. */
async function writeHeapSnapshot({ context: { notes }, address }: Inquiry): Promise<void> {
  const answer = await createRouterClient(address, snapshotLimitMs).get("/debug/heap-snapshot");
  const body = answer.kind === "answered" ? toJsonObject(parseJson(answer.text)) : {};
  if (typeof body.path === "string") {
    notes.line(`heap snapshot: ${body.path} (open it in Chrome's DevTools, Memory)`);
  }
  for (const worker of toJsonArray(body.workers).map(toJsonObject)) {
    const written = worker.written === true ? toText(worker.path) : `none, ${toText(worker.reason)}`;
    notes.line(`heap snapshot of a worker: ${written}`);
  }
  if (typeof body.path === "string") return;
  const reason = answer.kind === "away" ? answer.reason : typeof body.reason === "string" ? body.reason : "see its log";
  throw new CliError(`the router wrote no heap snapshot: ${reason}`);
}

/** Sums are kept by whole hours: so are the stretches that are compared. */
async function investigateCosts({ client, windowMs, beforeMs }: Inquiry): Promise<Diagnosis> {
  const nowMs = Date.now() + 1;
  const fromMs = Math.floor((nowMs - windowMs) / hourMs) * hourMs;
  const earlierMs = fromMs - Math.max(hourMs, Math.round(beforeMs / hourMs) * hourMs);
  const [now, before, unknown] = await Promise.all([
    readSpending(client, fromMs, nowMs),
    readSpending(client, earlierMs, fromMs),
    client.getJson("/api/costs/unknown-models"),
  ]);
  const unknownModels = toJsonArray(toJsonObject(unknown).models).map((one) => toText(toJsonObject(one).model));
  return judgeCosts({ now, before, unknownModels });
}

async function readSpending(client: RouterClient, fromMs: number, toMs: number): Promise<Spending> {
  const read = async (by: string): Promise<readonly SpendLine[]> => {
    const answer = await client.getJson("/api/costs/summary", { by, from: String(fromMs), to: String(toMs) });
    return toJsonArray(toJsonObject(answer).lines) as unknown as readonly SpendLine[];
  };
  const [byUser, byModel] = await Promise.all([read("user"), read("model")]);
  return { byUser, byModel, spanMs: toMs - fromMs };
}

async function investigateProvider(inquiry: Inquiry, name: string | undefined): Promise<Diagnosis> {
  const { client } = inquiry;
  const health = toJsonArray(await client.getJson("/api/providers/health")).map(toJsonObject);
  const known = health.map((one) => toText(one.name));
  const provider = name ?? (known.length === 1 ? known[0] : undefined);
  if (provider === undefined || !known.includes(provider)) {
    const problem = provider === undefined ? "which provider?" : `the router has no provider ${provider}`;
    throw new CliError(problem, `it has ${known.join(", ")}`, exitCodes.usage);
  }
  const breakers = toJsonArray(await client.getJson("/debug/circuit-breakers")).map(toJsonObject);
  const [compared, connectivity] = await Promise.all([comparePeriods(inquiry), reach(inquiry, provider)]);
  const diagnosis = judgeProvider({
    ...compared,
    provider,
    connectivity,
    health: health.find((one) => one.name === provider) as unknown as ProviderFigures["health"],
    breakers: breakers
      .filter(({ target }) => toJsonObject(target).provider === provider)
      .map(({ name: breaker, kind, reason }) => ({
        name: toText(breaker),
        kind: toText(kind),
        reason: typeof reason === "string" ? reason : null,
      })),
  });
  return withCallsLookedAt(diagnosis, compared);
}

/** Where the router's configuration is at hand: the way to the provider, from here. */
async function reach({ settings: running }: Inquiry, provider: string): Promise<readonly Finding[]> {
  if (running === null) return [];
  const { config, environment } = running;
  const settings = (await findProviders(config, environment))[provider];
  if (settings === undefined) return [];
  const nowMs = Date.now();
  const checks = await checkProviders({
    providers: { [provider]: settings },
    variables: environment,
    limitMs: 5_000,
    nowMs,
  });
  return checks.flatMap((check) => judgeProviderCheck(check, nowMs));
}
