/**
 * `ccr statusline`: one line for Claude Code's status line: what the session cost, today against the budget, what
 * answered last, and how much of the input the prompt cache served.
 *
 * Claude Code runs it again and again and shows whatever it prints, so it prints nothing where there is nothing to say,
 * and never fails (https://code.claude.com/docs/en/statusline).
 */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { isJsonObject, parseJson, toJsonObject } from "../../core/json.ts";
import type { JsonObject } from "../../core/json.ts";
import { stateFolder } from "../command-context.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findInstance, instanceUrl } from "../instance.ts";

/** The line must not be waited for: an old one is better than a slow one. */
const patienceMs = 300;

export async function run(context: CommandContext, input: NodeJS.ReadStream): Promise<number> {
  try {
    const line = await readLine(context, input);
    if (line !== null) context.output.line(line);
  } catch {
    // Silence: whatever is wrong, the status line is not the place to say it.
  }
  return exitCodes.ok;
}

async function readLine(context: CommandContext, input: NodeJS.ReadStream): Promise<string | null> {
  if (input.isTTY) return null;
  const given = parseJson(await text(input));
  const sessionId = isJsonObject(given) ? given["session_id"] : undefined;
  if (typeof sessionId !== "string" || sessionId === "") return null;
  const instance = await findInstance(stateFolder(context));
  if (instance === null) return null;
  const url = `${instanceUrl(instance)}/api/session?id=${encodeURIComponent(sessionId)}`;
  const answer = parseJson(await get(url, keyOf(context)));
  return isJsonObject(answer) ? formatStatusLine(answer) : null;
}

/** The client's own variables are there too: it runs this command. */
function keyOf({ environment }: CommandContext): string | undefined {
  return environment.CCR_API_KEY ?? environment.ANTHROPIC_AUTH_TOKEN ?? environment.ANTHROPIC_API_KEY;
}

/** By node:http: loading fetch takes longer than the whole question. */
function get(url: string, key: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = key === undefined ? {} : { "x-api-key": key };
    const asked = request(url, { agent: false, headers, signal: AbortSignal.timeout(patienceMs) }, (answer) => {
      text(answer).then(answer.statusCode === 200 ? resolve : reject, reject);
    });
    asked.once("error", reject);
    asked.end();
  });
}

/** The line for an answer of `/api/session`; null before the session's first call. */
export function formatStatusLine(answer: JsonObject): string | null {
  const session = toJsonObject(answer["session"]);
  if (Number(session["calls"] ?? 0) === 0) return null;
  const { provider, model } = toJsonObject(answer["last"]);
  const cacheShare = session["cacheShare"];
  return [
    `${usd(session["costUsd"])} session`,
    spending(toJsonObject(answer["today"]), toJsonObject(answer["budget"])),
    ...(typeof provider === "string" && typeof model === "string" ? [`${provider}/${model}`] : []),
    ...(typeof cacheShare === "number" ? [`cache ${Math.round(cacheShare * 100)} %`] : []),
  ].join(" | ");
}

const words: Readonly<Record<string, string>> = { daily: "today", weekly: "this week", monthly: "this month" };

function spending(today: JsonObject, budget: JsonObject): string {
  const { period, spentUsd, limitUsd } = budget;
  if (typeof period !== "string") return `${usd(today["costUsd"])} today`;
  return `${usd(spentUsd)} of ${usd(limitUsd)} ${words[period] ?? period}`;
}

function usd(value: unknown): string {
  const amount = Number(value ?? 0);
  return `$${amount.toFixed(amount !== 0 && amount < 0.01 ? 4 : 2)}`;
}
