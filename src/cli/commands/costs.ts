/** `ccr costs`: who spent how much on what, and history at the prices of its days. */
import { toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { formatUsd, nanoUsdFromUsd } from "../../core/money.ts";
import { askRouter, readAnswer } from "../asking/ask-router.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { UrlArguments } from "../arguments/command-options.ts";
import { readCount } from "../arguments/read-count.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { formatCalls, formatCount } from "../../playbooks/figures.ts";

export interface CostsArguments extends UrlArguments {
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
  readonly csv?: boolean;
}

/** With the options of `ccr costs` itself, which may stand before `reprice`. */
export interface RepriceArguments extends CostsArguments {
  readonly provider?: string;
  readonly model?: string;
  readonly write?: boolean;
}

/** Most lines that the router tells at once. */
const mostLines = 10_000;
const breakdowns = ["user", "team", "model", "provider", "session", "day"];

/** The whole report, or one breakdown of it. */
export async function report(context: CommandContext, given: CostsArguments): Promise<number> {
  const { by, from, to, limit, url, json, csv } = given;
  if (by !== undefined && !breakdowns.includes(by)) {
    throw new CliError(`--by: one of ${breakdowns.join(", ")}`, null, exitCodes.usage);
  }
  const path = by === undefined ? "/api/costs/report" : "/api/costs/summary";
  const format = csv === true ? "csv" : undefined;
  const lines = readLines(limit, csv === true || json === true ? mostLines : by === undefined ? 10 : 50);
  // One more than is shown tells whether there are more.
  const asked = String(Math.min(lines + (csv === true || json === true ? 0 : 1), mostLines));
  const text = await askRouter(context, { url, path, query: { by, from, to, limit: asked, format } });
  if (csv === true) {
    for (const line of text.trimEnd().split("\r\n")) context.output.line(line);
    return exitCodes.ok;
  }
  const answer = readAnswer(text);
  if (json === true) context.output.json(answer);
  else if (by === undefined) tellReport(context, answer, lines);
  else tellLines(context, by, answer.lines, lines);
  return exitCodes.ok;
}

/** Tells the difference; writes corrections only with `--write`. */
export async function reprice(context: CommandContext, given: RepriceArguments): Promise<number> {
  const { from, to, provider, model, write = false, url, json } = given;
  const foreign = (["by", "limit", "csv"] as const).find((name) => given[name] !== undefined);
  if (foreign !== undefined) {
    throw new CliError(`--${foreign} is of no use to reprice`, "it prints text, or `--json`", exitCodes.usage);
  }
  if (from === undefined || to === undefined) {
    throw new CliError("which calls?", "name both days: `--from 2026-11-01 --to 2026-11-30`", exitCodes.usage);
  }
  const body = {
    from,
    to,
    write,
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
  };
  const answer = readAnswer(await askRouter(context, { url, path: "/api/costs/reprice", body }));
  if (json === true) context.output.json(answer);
  else tellReprice(context, answer, write);
  return exitCodes.ok;
}

function tellReport(context: CommandContext, report: JsonObject, most: number): void {
  const { output } = context;
  const { start, end } = toJsonObject(report.period);
  const total = toJsonObject(report.total);
  const savings = toJsonObject(report.savings);
  const period = `${minute(start)} to ${minute(end)} UTC`;
  if (total.calls === 0) return output.line(`no calls yet in this period, ${period}`);
  output.line(`${output.style("bold", usd(total.costUsd))} for ${counted(total.calls)}, ${period}`);
  output.line(
    `saved: answer cache ${usd(savings.answerCacheUsd)}, prompt cache ${usd(savings.promptCacheUsd)}, routing ${usd(savings.routingUsd)}`,
  );
  const { forecast } = toJsonObject(report.trends);
  if (forecast !== null && forecast !== undefined) {
    const { monthUsd, lowUsd, highUsd } = toJsonObject(forecast);
    output.line(`this month: ${usd(monthUsd)} expected (${usd(lowUsd)} to ${usd(highUsd)})`);
  }
  for (const [title, name] of [
    ["model", "byModel"],
    ["provider", "byProvider"],
    ["user", "byUser"],
    ["team", "byTeam"],
  ] as const) {
    output.line();
    tellTable(context, title, toJsonArray(report[name]), most);
  }
  const recommendations = toJsonArray(report.recommendations).map(toJsonObject);
  if (recommendations.length > 0) output.line();
  for (const { title, description, potentialSavings } of recommendations) {
    output.line(`- ${title as string}: ${description as string} (${usd(potentialSavings)} a month)`);
  }
}

function tellLines(context: CommandContext, by: string, lines: unknown, most: number): void {
  const rows = Array.isArray(lines) ? lines : [];
  if (rows.length === 0) context.output.line("no calls yet in this period");
  else tellTable(context, by, rows, most);
}

/** At most `most` lines; says so where there are more. */
function tellTable({ output, notes }: CommandContext, title: string, lines: readonly unknown[], most: number): void {
  const isTime = title === "day";
  const rows = (isTime ? lines.slice(-most) : lines.slice(0, most)).map((line) => {
    const { name, calls, costUsd, share, inputTokens, cacheReadTokens, outputTokens } = line as JsonObject;
    const cached = Number(inputTokens) === 0 ? 0 : Number(cacheReadTokens) / Number(inputTokens);
    return [
      name === "" ? "(none)" : (name as string),
      number(calls),
      usd(costUsd),
      percent(share),
      number(inputTokens),
      percent(cached),
      number(outputTokens),
    ];
  });
  output.table(rows, [title, "calls", "cost", "share", "input", "cached", "output"], 1);
  if (lines.length > most)
    notes.line(`by ${title}: only the ${isTime ? "last" : "first"} ${most}; --limit shows more, --csv all`);
}

function tellReprice({ output }: CommandContext, answer: JsonObject, isWritten: boolean): void {
  const { calls, changedCalls, beforeUsd, afterUsd, differenceUsd, corrections } = answer;
  output.line(
    `${counted(calls)} cost ${usd(beforeUsd)}; at today's book, each at the prices of its own date: ${usd(afterUsd)} (${signed(differenceUsd)}, ${number(changedCalls)} of them change)`,
  );
  const targets = toJsonArray(answer.byTarget).map(toJsonObject);
  output.table(
    targets.map((one) => [
      `${one.provider as string}/${one.model as string}`,
      counted(one.changedCalls),
      signed(one.differenceUsd),
    ]),
  );
  if (Number(answer.leftCalls) > 0) {
    const names = toJsonArray(answer.leftProviders).map(toText).join(", ");
    output.line(
      `left as they are: ${counted(answer.leftCalls)} at ${names}, no longer configured: prices are not known`,
    );
  }
  if (isWritten) output.line(`corrections written: ${number(corrections)}`);
  else if (Number(changedCalls) > 0) output.line("nothing is written; `--write` does");
}

function readLines(limit: string | undefined, otherwise: number): number {
  return limit === undefined ? otherwise : readCount("--limit", limit, { least: 1, most: mostLines });
}

function usd(value: unknown): string {
  return formatUsd(nanoUsdFromUsd(Number(value)));
}

function signed(value: unknown): string {
  const amount = Number(value);
  return amount < 0 ? `-${usd(-amount)}` : `+${usd(amount)}`;
}

function number(value: unknown): string {
  return formatCount(Number(value));
}

function percent(value: unknown): string {
  return `${Math.round(Number(value) * 100)} %`;
}

function counted(calls: unknown): string {
  return formatCalls(Number(calls));
}

function minute(value: unknown): string {
  return (value as string).slice(0, 16).replace("T", " ");
}
