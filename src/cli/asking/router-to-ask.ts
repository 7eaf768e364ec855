/** Which running router a playbook looks at: the one that `--url` names, that of `--config`, this state folder's, or the configuration's. */
import { reachableUrl } from "../../core/http/local-host.ts";
import { createRouterClient } from "../../playbooks/router-http.ts";
import type { RouterAddress, RouterClient } from "../../playbooks/router-http.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments, UrlArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { loadRunningSettings } from "../instance/load-settings.ts";
import { requireOwnHost } from "./require-own-host.ts";

export type RouterArguments = ConfigArguments & UrlArguments;

export interface RouterToAsk {
  readonly address: RouterAddress;
  readonly client: RouterClient;
  /** Of a router that this user started here; null otherwise. */
  readonly pid: number | null;
  /** Its settings, where it is the router that they start on this machine, and they can be read. */
  readonly settings: LoadedConfig | null;
}

/** Throws CliError where nobody can say where it would be, for what is no URL, and as `requireOwnHost` does. */
export function routerToAsk(context: CommandContext, given: RouterArguments): RouterToAsk {
  const router = routerIfPlaced(context, given);
  if (router === null) throw placelessError();
  return router;
}

/** For a router that does not run, and whose configuration takes any free port. */
function placelessError(): CliError {
  return new CliError(
    "the router does not run, and `server.port: 0` says not where it will be",
    "start it with `ccr start`, or name another one with `--url`",
  );
}

/** As `routerToAsk`; null where nobody can say where it would be. */
export function routerIfPlaced(context: CommandContext, { url, config }: RouterArguments): RouterToAsk | null {
  const { CCR_ADMIN_KEY: adminKey, CCR_API_KEY: callerKey } = context.environment;
  const key = adminKey || callerKey || null;
  const named = namedRouter(context, url);
  const settings = readSettings(context, config);
  const running = findInstance(stateFolder(context));
  const isRunning = settings === null || settings.path === running?.configPath;
  const instance = config === undefined || isRunning ? running : null;
  if (named === null && instance === null && settings !== null) requireOwnHost(settings);
  const here = instance ?? settings?.config.server ?? null;
  if (named === null && here?.port === 0) return null;
  const hereUrl = here === null ? "http://127.0.0.1:3456" : reachableUrl(here);
  const address = named ?? hereUrl;
  const routerAddress = { url: address, key, isAdminKey: Boolean(adminKey) };
  const isHere = isSameServer(address, hereUrl);
  return {
    address: routerAddress,
    client: createRouterClient(routerAddress),
    pid: isHere ? (instance?.pid ?? null) : null,
    settings: isHere ? settings : null,
  };
}

/** The address of `--url`, else of CCR_URL, else null. Throws CliError for what is no URL. */
export function namedRouter({ environment }: CommandContext, url: string | undefined): string | null {
  const named = url ?? environment.CCR_URL;
  if (named === undefined) return null;
  if (/^https?:\/\//.test(named) && URL.canParse(named)) return named.replace(/\/+$/, "");
  const source = url === undefined ? "CCR_URL" : "--url";
  throw new CliError(`${source}: ${named} is no URL`, "such as http://127.0.0.1:3456", exitCodes.usage);
}

/** Whether both lead to one server of this machine, under whichever of its names. */
function isSameServer(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  return a.port === b.port && (a.hostname === b.hostname || (isLoopback(a) && isLoopback(b)));
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** A broken file must not stop the one who looks for what is broken. */
function readSettings(context: CommandContext, config: string | undefined): LoadedConfig | null {
  try {
    return loadRunningSettings(context, config);
  } catch {
    return null;
  }
}
