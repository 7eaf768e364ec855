/** `ccr cache`: what the answer cache does, and clearing it. */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { formatUsd, nanoUsdFromUsd } from "../../core/money.ts";
import { askRouter, readAnswer } from "../asking/ask-router.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { UrlArguments } from "../arguments/command-options.ts";
import { exitCodes } from "../output/exit-codes.ts";
import { formatCount } from "../../playbooks/figures.ts";

export interface ClearArguments extends UrlArguments {
  readonly model?: string;
  readonly user?: string;
}

export async function stats(context: CommandContext, { url, json }: UrlArguments): Promise<number> {
  const answer = readAnswer(await askRouter(context, { url, path: "/api/cache/stats" }));
  if (json === true) context.output.json(answer);
  else tell(context, answer);
  return exitCodes.ok;
}

/** Clears all, or what the arguments name. */
export async function clear(context: CommandContext, { model, user, url, json }: ClearArguments): Promise<number> {
  const body = { ...(model === undefined ? {} : { model }), ...(user === undefined ? {} : { user }) };
  const answer = readAnswer(await askRouter(context, { url, path: "/api/cache/clear", body }));
  if (json === true) context.output.json(answer);
  else context.output.line(`answers dropped: ${count(answer.cleared)}`);
  return exitCodes.ok;
}

function tell({ output }: CommandContext, answer: JsonObject): void {
  if (answer.enabled !== true) output.line("the answer cache is off (cache.enabled)");
  output.line(
    `scope ${typeof answer.scope === "string" ? answer.scope : ""}, ${percent(answer.hitRatio)} of look-ups served`,
  );
  const savedUsd = typeof answer.savedUsd === "number" ? answer.savedUsd : 0;
  output.line(
    `saved ${formatUsd(nanoUsdFromUsd(savedUsd))}; calls that joined another one: ${count(answer.joinedCalls)}`,
  );
  const levels = [["memory", toJsonObject(answer.l1)] as const, ["Redis", toJsonObject(answer.l2)] as const];
  const rows = levels.filter(([, level]) => level.hits !== undefined).map(([name, level]) => [name, ...columns(level)]);
  output.table(rows, ["level", "hits", "misses", "answers", "bytes", "evicted", "errors", "look-up"], 1);
}

function columns({ hits, misses, entries, bytes, evictions, errors, averageLookupMs }: JsonObject): string[] {
  const counts = [hits, misses, entries, bytes, evictions, errors].map(count);
  return [...counts, typeof averageLookupMs === "number" ? `${averageLookupMs.toFixed(3)} ms` : "–"];
}

function count(value: JsonValue | undefined): string {
  return typeof value === "number" ? formatCount(value) : "–";
}

function percent(ratio: JsonValue | undefined): string {
  return typeof ratio === "number" ? `${(ratio * 100).toFixed(1)} %` : "none yet";
}
