/** `ccr status`: whether the router of this state folder runs and answers. */
import { isPaused } from "../../core/process-identity.ts";
import { reachableUrl } from "../../core/http/local-host.ts";
import { askPlainly } from "../asking/ask-plainly.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { exitCodes } from "../output/exit-codes.ts";
import { findInstance, logPath } from "../instance/find-instance.ts";
import type { Instance } from "../instance/find-instance.ts";
import { formatSpan } from "../output/format-span.ts";

const patienceMs = 2000;

/** What `/livez` and `/readyz` said. */
interface Answers {
  readonly isAlive: boolean;
  readonly isReady: boolean;
  readonly answerMs: number | null;
}

export async function run(context: CommandContext, { json }: { readonly json?: boolean }): Promise<number> {
  const folder = stateFolder(context);
  const instance = findInstance(folder);
  if (instance === null) {
    if (json === true) context.output.json({ running: false });
    else context.output.line("not running; `ccr start` starts it");
    return exitCodes.failed;
  }
  const answers = await ask(instance);
  const url = reachableUrl(instance);
  if (json === true) context.output.json({ running: true, url, ...answers, ...instance });
  else tell(context, instance, answers, logPath(folder));
  return answers.isAlive ? exitCodes.ok : exitCodes.failed;
}

async function ask(instance: Instance): Promise<Answers> {
  const startedMs = performance.now();
  const isAlive = await isOk(instance, "/livez");
  const answerMs = isAlive ? Math.round(performance.now() - startedMs) : null;
  return { isAlive, answerMs, isReady: isAlive && (await isOk(instance, "/readyz")) };
}

async function isOk(instance: Instance, path: string): Promise<boolean> {
  try {
    return (await askPlainly(instance, { path, patienceMs })).status === 200;
  } catch {
    return false;
  }
}

function tell({ output }: CommandContext, instance: Instance, answers: Answers, log: string): void {
  const { isAlive, isReady, answerMs } = answers;
  const noAnswer = isPaused(instance.pid)
    ? `paused; \`kill -CONT ${instance.pid}\` lets it go on`
    : instance.state === "stopping"
      ? "stopping: running calls may finish"
      : "does not answer; `ccr logs` may say why";
  const state = isReady
    ? output.style("green", `ready; one request (/livez) was answered in ${answerMs} ms`)
    : isAlive
      ? output.style("yellow", "answers, but is not ready to serve")
      : output.style("red", noAnswer);
  output.table([
    ["router", output.style("bold", reachableUrl(instance))],
    ["state", state],
    ["pid", String(instance.pid)],
    ["version", instance.version],
    ["up for", formatSpan(Date.now() - instance.startedAtMs)],
    ["configuration", instance.configPath ?? "none: providers come from the environment"],
    ["log", log],
  ]);
}
