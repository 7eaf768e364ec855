/** Proves one fault: all is quiet, it happens, the right alert comes in time with its runbook and no other, it is mended, "resolved" comes. */
import { allAlerts } from "../../src/alerting/all-alerts.ts";
import { createSpans, spanSeconds } from "../../src/alerting/spans.ts";
import { messageOf } from "../../src/core/errors/message-of.ts";
import { Cleaners } from "./cleaners.ts";
import type { Fault } from "./fault.ts";
import { startStack, timeScale } from "./stack.ts";
import type { Stack } from "./stack.ts";

export interface FaultResult {
  readonly fault: string;
  readonly alert: string;
  readonly outcome: "proven" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason: string | null;
  /** From the injection to the delivery, and how long that may take: `for` and a minute. */
  readonly deliveredAfterSeconds: number | null;
  readonly allowedSeconds: number;
  readonly resolvedAfterSeconds: number | null;
  /** Consequences that were heard, too. */
  readonly consequences: readonly string[];
}

/** Told as the trial goes on. */
export type Progress = (fault: string, line: string) => void;

const chainDeadlineMs = 60_000;
const deliverySeconds = 60;

export async function proveFault(fault: Fault, progress: Progress): Promise<FaultResult> {
  const allowedSeconds = forSeconds(fault.alert) + deliverySeconds;
  const nothing = { deliveredAfterSeconds: null, resolvedAfterSeconds: null, consequences: [] };
  const base = { fault: fault.name, alert: fault.alert, allowedSeconds, ...nothing };
  const obstacle = fault.obstacle?.() ?? null;
  if (obstacle !== null) return { ...base, outcome: "skipped", reason: obstacle };
  const t = new Cleaners();
  let result: FaultResult;
  let stack: Stack | null = null;
  try {
    stack = await startStack(t, fault);
    progress(fault.name, "router, Prometheus and Alertmanager run");
    result = { ...base, outcome: "proven", reason: null, ...(await tryFault(fault, stack, allowedSeconds, progress)) };
  } catch (error) {
    result = { ...base, outcome: "failed", reason: messageOf(error) };
    if (stack !== null) await tellMore(fault, stack, progress);
  }
  await t.clean().catch((error: unknown) => progress(fault.name, `while cleaning up: ${String(error)}`));
  return result;
}

/** What helps to understand a failure: who still lives, what callers saw, what the router said last. */
async function tellMore(fault: Fault, { url, load, router }: Stack, progress: Progress): Promise<void> {
  const startMs = performance.now();
  const probe = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => `answers ${status} in ${Math.round(performance.now() - startMs)} ms`,
    (error: unknown) => `does not answer: ${String(error)}`,
  );
  progress(fault.name, `the router ${probe}; calls by status: ${JSON.stringify(load.counts())}`);
  for (const line of router().output().split("\n").slice(-3)) progress(fault.name, `it wrote: ${line.slice(0, 300)}`);
}

async function tryFault(
  fault: Fault,
  stack: Stack,
  allowedSeconds: number,
  progress: Progress,
): Promise<Pick<FaultResult, "deliveredAfterSeconds" | "resolvedAfterSeconds" | "consequences">> {
  const { inbox } = stack;
  await inbox.wait("Watchdog", "firing", performance.now(), chainDeadlineMs);
  await pause(fault.calmSeconds ?? 10);
  refuseOthers(stack, [], "before anything was broken");
  progress(fault.name, `${fault.title}: ${fault.alert} has ${allowedSeconds} s`);
  const injectedMs = performance.now();
  await fault.inject(stack);
  const fired = await inbox.wait(fault.alert, "firing", injectedMs, allowedSeconds * 1000);
  checkDelivery(fault, stack, fired);
  await checkRunbook(fault, stack);
  const deliveredAfterSeconds = seconds(fired.atMs - injectedMs);
  progress(fault.name, `${fault.alert} came after ${deliveredAfterSeconds} s; mending`);
  const mendedMs = performance.now();
  await fault.mend(stack);
  const resolved = await inbox.wait(fault.alert, "resolved", mendedMs, (fault.resolveWithinSeconds ?? 90) * 1000);
  const resolvedAfterSeconds = seconds(resolved.atMs - mendedMs);
  const consequences = Object.keys(fault.consequences ?? {});
  refuseOthers(stack, [fault.alert, ...consequences], "with it");
  const heard = inbox.firedNames().filter((name) => consequences.includes(name));
  return { deliveredAfterSeconds, resolvedAfterSeconds, consequences: heard };
}

function checkDelivery(
  { alert, labels = {} }: Fault,
  { url }: Stack,
  fired: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> },
): void {
  const runbook = fired.annotations["runbook_url"];
  if (runbook !== `${url}/runbooks/${alert}`) throw new Error(`its runbook link is ${runbook}`);
  const severity = allAlerts.find(({ name }) => name === alert)?.severity;
  for (const [name, wanted] of Object.entries({ severity, ...labels })) {
    if (fired.labels[name] !== wanted) throw new Error(`its label ${name} is ${fired.labels[name]}, not ${wanted}`);
  }
}

/** The link leads to the runbook: at the router itself, where it runs. */
async function checkRunbook({ alert, stopsRouter = false }: Fault, { url }: Stack): Promise<void> {
  if (stopsRouter) return;
  const answer = await fetch(`${url}/runbooks/${alert}`);
  const text = await answer.text();
  if (!answer.ok || !text.includes(alert)) throw new Error(`its runbook answers ${answer.status}`);
}

/** Throws where another alert than these was heard. */
export function refuseOthers({ inbox }: Stack, allowed: readonly string[], when: string): void {
  const others = inbox.firedNames().filter((name) => name !== "Watchdog" && !allowed.includes(name));
  if (others.length > 0) throw new Error(`${others.join(", ")} fired ${when}`);
}

/** As the shortened rules have it. */
function forSeconds(alert: string): number {
  const definition = allAlerts.find(({ name }) => name === alert);
  if (definition === undefined) throw new Error(`there is no alert ${alert}`);
  return definition.for === "0m" ? 0 : spanSeconds(createSpans(timeScale)(definition.for));
}

export function pause(lengthSeconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, lengthSeconds * 1000));
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
