/** `ccr providers check`: the way to each provider, and each of their keys. */
import { checkProviders } from "../../playbooks/connectivity/check-providers.ts";
import { toJsonObject, toText } from "../../core/json/json.ts";
import { judgeProviderCheck } from "../../playbooks/connectivity/judge-connectivity.ts";
import { judgeRunning } from "../../playbooks/connectivity/judge-running.ts";
import type { Breaker } from "../../playbooks/connectivity/judge-running.ts";
import type { Scrape } from "../../playbooks/metrics-text.ts";
import type { RouterClient } from "../../playbooks/router-http.ts";
import { findProviders } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { loadRunningSettings } from "../instance/load-settings.ts";
import { readWatch } from "../arguments/read-span.ts";
import { routerIfPlaced } from "../asking/router-to-ask.ts";
import { reportFindings } from "../tell-findings.ts";

export interface CheckArguments extends ConfigArguments {
  readonly limit: string;
}

export async function check(context: CommandContext, names: readonly string[], given: CheckArguments): Promise<number> {
  const limitMs = readWatch("--limit", given.limit);
  const { config, environment } = loadRunningSettings(context, given.config);
  const all = await findProviders(config, environment);
  const known = Object.keys(all);
  if (known.length === 0) throw new CliError("no provider is configured", "`ccr init` writes a configuration");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new CliError(`no provider ${unknown} is configured`, `there are: ${known.join(", ")}`, exitCodes.usage);
  }
  const providers = names.length === 0 ? all : Object.fromEntries(names.map((name) => [name, all[name]!]));
  const nowMs = Date.now();
  let left = Object.keys(providers).length;
  const tell = (): void => context.notes.progress(`asking ${left} providers, each step at most ${given.limit} …`);
  tell();
  const onDone = (): void => {
    left--;
    tell();
  };
  const checks = await checkProviders({ providers, variables: environment, limitMs, nowMs, onDone });
  context.notes.progress("");
  const running = await readHealth(routerIfPlaced(context, given)?.client);
  const findings = checks.flatMap((one) => [
    ...judgeProviderCheck(one, nowMs),
    ...judgeRunning(one.kind === "unusable" ? one.provider : one.connectivity.provider, ...running),
  ]);
  return reportFindings(context, findings, given.json === true);
}

/** Breakers and metrics of the router that runs; null where it does not, or keeps them to operators. */
async function readHealth(client: RouterClient | undefined): Promise<[readonly Breaker[] | null, Scrape | null]> {
  if (client === undefined) return [null, null];
  const [breakers, scrape] = await Promise.all([
    client.getJson("/debug/circuit-breakers").catch(() => null),
    client.scrape(),
  ]);
  if (!Array.isArray(breakers)) return [null, scrape];
  const listed = breakers.map(toJsonObject).map(({ target, kind }) => {
    const { provider, model } = toJsonObject(target);
    return { provider: toText(provider), model: toText(model), kind: toText(kind) };
  });
  return [listed, scrape];
}
