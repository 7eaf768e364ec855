/**
 * `ccr statusline`: one line for Claude Code's status line: what the session cost, today against the budget, what
 * answered last, and how much of the input the prompt cache served.
 *
 * Claude Code runs it again and again and shows whatever it prints, so it prints nothing where there is nothing to say,
 * and never fails (https://code.claude.com/docs/en/statusline).
 */
import { stateFolderOf } from "../../config/locate.ts";
import { isLoopbackHost, reachableHost } from "../../core/http/local-host.ts";
import { socketHost } from "../../core/http/socket-host.ts";
import { isJsonObject, parseJson, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { visibleText } from "../../core/text/visible-text.ts";
import { askPlainly, textOf } from "../asking/ask-plainly.ts";
import { findInstance } from "../instance/find-instance.ts";
import type { Instance } from "../instance/find-instance.ts";
import type { TextStream } from "../output/output.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The line must not be waited for: none is better than a slow one. */
const patienceMs = 300;

/** Reads the client's JSON from `input`. Never rejects: whatever is wrong, this is not the place to say it. */
export async function runStatusline(
  environment: Environment,
  folder: string,
  input: NodeJS.ReadStream,
  output: TextStream,
): Promise<void> {
  try {
    const line = await readLine(environment, folder, input);
    // Clients name models as they like.
    if (line !== null) output.write(`${visibleText(line).replaceAll("\n", "\\n")}\n`);
  } catch {
    // Silence.
  }
}

async function readLine(environment: Environment, folder: string, input: NodeJS.ReadStream): Promise<string | null> {
  if (input.isTTY) return null;
  const instance = findInstance(stateFolderOf({ environment, folder }));
  const given = parseJson(await textOf(input));
  const sessionId = isJsonObject(given) ? given["session_id"] : undefined;
  if (instance === null || typeof sessionId !== "string" || sessionId === "") return null;
  const answer = parseJson(await ask(instance, `/api/session?id=${encodeURIComponent(sessionId)}`, keyOf(environment)));
  return isJsonObject(answer) ? formatStatusLine(answer, leadsTo(instance, environment)) : null;
}

/** Whether the client that runs this sends its calls to the router: until the first one nothing else tells. */
function leadsTo({ host, port }: Instance, { ANTHROPIC_BASE_URL }: Environment): boolean {
  const url = URL.parse(ANTHROPIC_BASE_URL ?? "");
  if (url === null || Number(url.port || (url.protocol === "https:" ? 443 : 80)) !== port) return false;
  const asked = socketHost(url);
  const reachable = reachableHost(host);
  return asked === reachable || (isLoopbackHost(asked) && (isLoopbackHost(reachable) || reachable !== host));
}

/** The client's own variables are there too: it runs this command. */
function keyOf({ CCR_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY }: Environment): string | undefined {
  return CCR_API_KEY ?? ANTHROPIC_AUTH_TOKEN ?? ANTHROPIC_API_KEY;
}

/** The body of a good answer. */
async function ask(instance: Instance, path: string, key: string | undefined): Promise<string> {
  const { status, body } = await askPlainly(instance, { path, key, patienceMs });
  return status === 200 ? body : "";
}

/** The line for an answer of `/api/session`; null for a session without calls, unless they are to come here. */
function formatStatusLine(answer: JsonObject, isExpected: boolean): string | null {
  const session = toJsonObject(answer["session"]);
  const spent = spending(toJsonObject(answer["today"]), toJsonObject(answer["budget"]));
  if (Number(session["calls"] ?? 0) === 0) return isExpected ? `ccr: no call yet | ${spent}` : null;
  const { provider, model } = toJsonObject(answer["last"]);
  const cacheShare = session["cacheShare"];
  return [
    `${usd(session["costUsd"])} session`,
    spent,
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
