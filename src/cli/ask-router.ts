/** Asks the running router over HTTP, as an operator. */
import { toJsonObject } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import { stateFolder } from "./command-context.ts";
import type { CommandContext } from "./command-context.ts";
import { CliError } from "./exit-codes.ts";
import { findInstance, instanceUrl } from "./find-instance.ts";

/** A report over a long history may take its time. */
const patienceMs = 120_000;

export interface RouterQuestion {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON by POST. */
  readonly body?: JsonObject;
}

/** The answer's text. Throws CliError where none runs, or where it refuses. */
export async function askRouter(context: CommandContext, { path, query = {}, body }: RouterQuestion): Promise<string> {
  const instance = findInstance(stateFolder(context));
  if (instance === null) throw new CliError("the router does not run", "start it with `ccr start`");
  const { CCR_ADMIN_KEY: adminKey, CCR_API_KEY: callerKey } = context.environment;
  const key = adminKey ?? callerKey;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  const answer = await fetch(`${instanceUrl(instance)}${path}?${search.toString()}`, {
    method: body === undefined ? "GET" : "POST",
    headers: key === undefined ? {} : { "x-api-key": key },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  const text = await answer.text();
  if (answer.ok) return text;
  if (answer.status === 401) {
    throw new CliError(
      "the router wants its admin key",
      "set CCR_ADMIN_KEY to it; `ccr keys create --admin` makes one",
    );
  }
  throw new CliError(messageOf(text) ?? `the router answered ${answer.status}`, null);
}

function messageOf(text: string): string | null {
  try {
    const { message } = toJsonObject(toJsonObject(JSON.parse(text)).error);
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}
