/** Which running router a playbook looks at: the one that `--url` names, this state folder's, or the configuration's. */
import { createRouterClient } from "../playbooks/router-http.ts";
import type { RouterAddress, RouterClient } from "../playbooks/router-http.ts";
import type { LoadedConfig } from "../config/load.ts";
import { stateFolder } from "./command-context.ts";
import type { CommandContext } from "./command-context.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { findInstance, instanceUrl } from "./find-instance.ts";
import { loadSettings } from "./load-settings.ts";

export interface RouterArguments {
  readonly url?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export interface RouterToAsk {
  readonly address: RouterAddress;
  readonly client: RouterClient;
  /** Of a router that this user started here; null otherwise. */
  readonly pid: number | null;
  /** Its settings, where it runs on this machine and they can be read. */
  readonly settings: LoadedConfig | null;
}

/** Throws CliError for what is no URL. */
export function routerToAsk(context: CommandContext, { url, config }: RouterArguments): RouterToAsk {
  const { CCR_ADMIN_KEY: adminKey, CCR_API_KEY: callerKey, CCR_URL: urlVariable } = context.environment;
  const key = adminKey || callerKey || null;
  const named = url ?? urlVariable;
  if (named !== undefined && !/^https?:\/\//.test(named)) {
    throw new CliError(`--url: ${named} is no URL`, "such as http://127.0.0.1:3456", exitCodes.usage);
  }
  const instance = findInstance(stateFolder(context));
  const settings = readSettings(context, config ?? instance?.configPath ?? undefined);
  const own =
    instance === null ? (settings === null ? null : instanceUrl(settings.config.server)) : instanceUrl(instance);
  const address = named?.replace(/\/+$/, "") ?? own ?? "http://127.0.0.1:3456";
  const routerAddress = { url: address, key, isAdminKey: Boolean(adminKey) };
  const isHere = /^https?:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/.test(address);
  return {
    address: routerAddress,
    client: createRouterClient(routerAddress),
    pid: address === own ? (instance?.pid ?? null) : null,
    settings: isHere ? settings : null,
  };
}

/** A broken file must not stop the one who looks for what is broken. */
function readSettings(context: CommandContext, config: string | undefined): LoadedConfig | null {
  try {
    return loadSettings(context, { config });
  } catch {
    return null;
  }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
