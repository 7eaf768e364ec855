/**
 * `ccr alerts`: what Alertmanager told, and a receiver of its own.
 *
 * Read from the database, not from the router: alerts matter most when the router does not answer.
 */
import { hostname } from "node:os";
import { reachableUrl } from "../../core/http/local-host.ts";
import { toAlertEventJson, toAlertJson } from "../../alerting/received/alert-json.ts";
import { quietSeverity } from "../../core/alert-severity.ts";
import type { AlertState, StoredAlert } from "../../alerting/received/told-alert.ts";
import type { AlertStore } from "../../alerting/received/alert-store.ts";
import { silentLogger, StructuredLogger } from "../../core/log/logging.ts";
import { startAlertListener, withAlertStore } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { readCount } from "../arguments/read-count.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { formatSpan } from "../output/format-span.ts";
import { listenError } from "../instance/listen-error.ts";
import { loadRunningSettings } from "../instance/load-settings.ts";
import { untilSignal } from "../process/until-signal.ts";

/** Sections of the configuration. */
const needed = ["server", "auth", "ledger", "logging"] as const;

export interface ListArguments extends ConfigArguments {
  readonly state: string;
  readonly limit: string;
}

export interface ListenArguments extends ConfigArguments {
  readonly host: string;
  readonly port: string;
}

const maxAlerts = 1_000;

/** The alerts, what fires first. */
export async function list(context: CommandContext, given: ListArguments): Promise<number> {
  const state = readState(given.state);
  const limit = readCount("--limit", given.limit, { least: 1, most: maxAlerts });
  const alerts = await useStore(context, given, (store) => store.list(state, limit));
  if (given.json === true) context.output.json({ alerts: alerts.map(toAlertJson) });
  else tellAlerts(context, alerts, state, Date.now());
  return exitCodes.ok;
}

/** All about one alert. */
export async function show(context: CommandContext, name: string, given: ConfigArguments): Promise<number> {
  const { alert, history } = await useStore(context, given, async (store) => {
    const found = await find(store, name);
    return { alert: found, history: await store.history(found.fingerprint, 50) };
  });
  const { output } = context;
  if (given.json === true) {
    output.json({ ...toAlertJson(alert), history: history.map(toAlertEventJson) });
    return exitCodes.ok;
  }
  output.line(`${output.style("bold", alert.name)} ${alert.severity}, ${stateOf(context, alert)}`);
  output.table([...Object.entries(alert.annotations), ...Object.entries(alert.labels)]);
  output.line();
  output.table(
    history.map(({ what, atMs, actor, note }) => [
      new Date(atMs).toISOString().slice(0, 19).replace("T", " "),
      what,
      [actor, note].filter((text) => text !== "").join(": "),
    ]),
  );
  return exitCodes.ok;
}

/** Says that somebody looks after it. */
export async function acknowledge(
  context: CommandContext,
  name: string,
  given: ConfigArguments & { readonly note?: string },
): Promise<number> {
  const alert = await useStore(context, given, async (store) => {
    const { fingerprint } = await find(store, name);
    return store.acknowledge(fingerprint, whoAmI(context), given.note ?? "");
  });
  if (alert === null) throw new CliError(`${name} is gone`, "`ccr alerts` lists those that are there");
  if (given.json === true) context.output.json(toAlertJson(alert));
  else context.output.line(`acknowledged ${alert.name} (${alert.fingerprint})`);
  return exitCodes.ok;
}

/** Receives alerts until it is told to end. */
export async function listen(context: CommandContext, given: ListenArguments): Promise<number> {
  const port = Number(given.port);
  const { config } = loadRunningSettings(context, given.config, needed);
  const { host } = given;
  const ended = untilSignal();
  const logger = new StructuredLogger({ level: config.logging.level });
  try {
    const listener = await startAlertListener({ config, host, port, logger });
    const url = reachableUrl(listener);
    if (given.json === true) context.output.json({ url, webhook: `${url}/api/alerts/webhook` });
    else context.notes.line(`listening for alerts on ${url}/api/alerts/webhook; \`ccr alerts\` shows them`);
    await ended;
    await listener.close();
    return exitCodes.ok;
  } catch (error) {
    throw (await listenError(error, { host, port })) ?? error;
  } finally {
    logger.close();
  }
}

function useStore<Result>(
  context: CommandContext,
  given: ConfigArguments,
  use: (store: AlertStore) => Promise<Result>,
): Promise<Result> {
  return withAlertStore(loadRunningSettings(context, given.config, needed).config, silentLogger, use);
}

/** By its id, the beginning of its id, or its name: one alert, or an error that says which there are. */
async function find(store: AlertStore, name: string): Promise<StoredAlert> {
  const exact = await store.get(name);
  if (exact !== null) return exact;
  const all = await store.list(null, maxAlerts);
  const named = all.filter((alert) => alert.name === name);
  const firing = named.filter((alert) => alert.state === "firing");
  const byName = firing.length > 0 ? firing : named;
  const found = byName.length > 0 ? byName : all.filter(({ fingerprint }) => fingerprint.startsWith(name));
  if (found.length === 0) throw new CliError(`there is no alert ${name}`, "`ccr alerts --state all` lists them");
  if (found.length === 1) return found[0]!;
  throw new CliError(
    `${name} means ${found.length} alerts`,
    `take one of their ids: ${found.map(({ fingerprint }) => fingerprint).join(", ")}`,
  );
}

function readState(text: string): AlertState | null {
  if (text === "all") return null;
  if (text === "firing" || text === "resolved") return text;
  throw new CliError("--state: firing, resolved or all", null, exitCodes.usage);
}

function tellAlerts(
  context: CommandContext,
  alerts: readonly StoredAlert[],
  state: AlertState | null,
  nowMs: number,
): void {
  const { output } = context;
  const shown = alerts.filter(({ severity }) => severity !== quietSeverity);
  const rows = shown.map((alert) => [
    alert.fingerprint,
    colourOf(context, alert),
    alert.severity,
    alert.name,
    formatSpan((alert.endedAtMs ?? nowMs) - alert.startedAtMs),
    alert.acknowledged === null ? "-" : alert.acknowledged.by,
    alert.annotations["summary"] ?? "",
  ]);
  if (rows.length === 0) output.line(state === "firing" ? "no alert fires" : "no alert was told");
  else output.table(rows, ["id", "state", "severity", "alert", "for", "seen by", "summary"]);
  const watchdog = alerts.find(({ severity }) => severity === quietSeverity);
  if (watchdog !== undefined) {
    const { name, lastToldAtMs } = watchdog;
    output.line(output.style("dim", `${name}: last heard ${formatSpan(nowMs - lastToldAtMs)} ago`));
  }
}

function colourOf({ output }: CommandContext, { state, severity }: StoredAlert): string {
  if (state === "resolved") return output.style("green", state);
  return output.style(severity === "critical" ? "red" : "yellow", state);
}

function stateOf(context: CommandContext, alert: StoredAlert): string {
  const since = new Date(alert.endedAtMs ?? alert.startedAtMs).toISOString().slice(0, 19).replace("T", " ");
  return `${colourOf(context, alert)} since ${since} UTC, told ${alert.timesTold === 1 ? "once" : `${alert.timesTold} times`}`;
}

function whoAmI({ environment }: CommandContext): string {
  return `${environment["USER"] ?? environment["LOGNAME"] ?? "operator"}@${hostname()}`;
}
