/** Asks the running router over HTTP, as an operator. */
import { fetchErrorReason } from "../../core/http/fetch-error.ts";
import { isJsonObject, parseJson, toJsonObject, toTextOrNull } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { reachableUrl } from "../../core/http/local-host.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { namedRouter } from "./router-to-ask.ts";

/** A report over a long history may take its time. */
const patienceMs = 120_000;
const livePatienceMs = 5_000;

export interface RouterQuestion {
  /** The router to ask, where the command line names one. */
  readonly url: string | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON by POST. */
  readonly body?: JsonObject;
}

/** The answer's text. Throws CliError where none runs, or where it refuses. */
export async function askRouter(context: CommandContext, question: RouterQuestion): Promise<string> {
  const { path, query = {}, body } = question;
  const url = routerUrl(context, question.url);
  const { CCR_ADMIN_KEY: adminKey, CCR_API_KEY: callerKey } = context.environment;
  const key = adminKey || callerKey || undefined;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  // One that hangs is found out before it is asked what may take its time.
  await fetchRouter(`${url}/livez`, livePatienceMs);
  const answer = await fetchRouter(`${url}${path}?${search.toString()}`, patienceMs, {
    method: body === undefined ? "GET" : "POST",
    headers: key === undefined ? {} : { "x-api-key": key },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.ok) return text;
  if (answer.status === 401) {
    throw new CliError(
      key === undefined ? "the router wants its admin key" : "the router does not take this key as its admin key",
      "set CCR_ADMIN_KEY to it; `ccr keys create --admin` makes one",
    );
  }
  const message = errorMessageIn(text);
  if (message === null) throw noRouter(url, `answers ${answer.status}`);
  if (answer.status !== 400) throw new CliError(message);
  // What it says of a parameter holds for the option of that name.
  const isOption = Object.keys({ ...query, ...body }).some((name) => message.startsWith(`${name}:`));
  throw new CliError(isOption ? `--${message}` : message, null, exitCodes.usage);
}

/** Where the router is that `--url` or CCR_URL names, else the one of this state folder. Throws CliError where none is. */
export function routerUrl(context: CommandContext, url: string | undefined): string {
  const named = namedRouter(context, url);
  if (named !== null) return named;
  const instance = findInstance(stateFolder(context));
  if (instance !== null) return reachableUrl(instance);
  throw new CliError("the router does not run", "start it with `ccr start`, or name another one with `--url`");
}

/** `fetch` with a limit of time; rejects with CliError where the router does not answer. */
export async function fetchRouter(url: string, limitMs: number, request: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(limitMs) });
  } catch (error) {
    const isLate = (error as Error).name === "TimeoutError";
    const reason = isLate ? `within ${limitMs / 1000} s` : `(${fetchErrorReason(error)})`;
    const { origin } = new URL(url);
    throw new CliError(
      `the router at ${origin} does not answer ${reason}`,
      "`ccr status` and `ccr logs` say more of one that was started here",
    );
  }
}

/** The JSON that a router answered; CliError for what is none, which another program at that address would say. */
export function readAnswer(text: string): JsonObject {
  const answer = parseJson(text);
  if (isJsonObject(answer)) return answer;
  throw noRouter("what answers there", "says no JSON");
}

function noRouter(who: string, what: string): CliError {
  return new CliError(`${who} is no router: it ${what}`, "does `--url`, or CCR_URL, name the router?");
}

/** What the router says is wrong; null where `text` is none of its answers. */
function errorMessageIn(text: string): string | null {
  try {
    return toTextOrNull(toJsonObject(toJsonObject(JSON.parse(text)).error).message);
  } catch {
    return null;
  }
}
