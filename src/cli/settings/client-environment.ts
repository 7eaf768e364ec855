/** The variables with which Claude Code finds the router (https://code.claude.com/docs/en/llm-gateway). */
import type { Config } from "../../config/schema.ts";
import { reachableUrl } from "../../core/http/local-host.ts";

/** Any credential is accepted from this machine while the router has no keys; the client wants one all the same. */
const placeholderToken = "ccr-on-this-machine";

/** Without it, Claude Code's `/model` lists none of the router's models. */
const modelDiscovery = "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY";

/**
 * Variables to set for clients of the router at `host` and `port`.
 *
 * `CCR_API_KEY` is the caller's key at the router, where it has keys. Nothing is set that would hide the client's own
 * login from a provider with `credentials: passthrough`.
 */
export function clientEnvironment(
  server: { readonly host: string; readonly port: number },
  environment: NodeJS.ProcessEnv,
  isPassthrough: boolean,
): Readonly<Record<string, string>> {
  const { CCR_API_KEY, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN } = environment;
  const token = isSet(CCR_API_KEY)
    ? CCR_API_KEY
    : isPassthrough || isSet(ANTHROPIC_API_KEY) || isSet(ANTHROPIC_AUTH_TOKEN)
      ? null
      : placeholderToken;
  return {
    ANTHROPIC_BASE_URL: reachableUrl(server),
    ...(token === null ? {} : { ANTHROPIC_AUTH_TOKEN: token }),
    ...(environment[modelDiscovery] === undefined ? { [modelDiscovery]: "1" } : {}),
    ...(hasProxy(environment) ? { NO_PROXY: withoutProxy(environment.NO_PROXY ?? environment.no_proxy) } : {}),
  };
}

/** Whether a provider is called with the client's own login. */
export function hasPassthrough({ providers }: Pick<Config, "providers">): boolean {
  return Object.values(providers).some(({ credentials }) => credentials === "passthrough");
}

/** The credential that clients with these variables show; undefined where they show none, or their own login. */
export function shownCredential(
  variables: Readonly<Record<string, string>>,
  { ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY }: NodeJS.ProcessEnv,
): string | undefined {
  return variables.ANTHROPIC_AUTH_TOKEN || ANTHROPIC_AUTH_TOKEN || ANTHROPIC_API_KEY || undefined;
}

/** For a router that has keys, none of which clients would show. */
export function keyWanted({ CCR_API_KEY }: NodeJS.ProcessEnv): string {
  return isSet(CCR_API_KEY)
    ? "ccr: the router does not take the key in CCR_API_KEY: it is unknown, revoked or expired (`ccr keys list`)"
    : "ccr: the router wants a key; set CCR_API_KEY to yours (`ccr keys create --user NAME` makes one)";
}

/** A proxy would not find the router on this machine. */
function withoutProxy(current: string | undefined): string {
  const hosts = (current ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
  return [...new Set([...hosts, "127.0.0.1", "localhost"])].join(",");
}

function hasProxy({ HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy }: NodeJS.ProcessEnv): boolean {
  return [HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy].some(isSet);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
