/** Which proxy the way to a provider takes: its own setting, else what the environment says. */
import { BlockList, isIP } from "node:net";
import { isLoopbackHost } from "../core/http/local-host.ts";
import { socketHost } from "../core/http/socket-host.ts";
import type { Variables } from "./variables.ts";

/**
 * The proxy for `origin`, null for none. `setting`: an address, "none", or null to follow `HTTPS_PROXY`, `HTTP_PROXY`,
 * `ALL_PROXY` and `NO_PROXY` (either case, lower first, as curl has it). Loopback is never proxied by the environment.
 */
export function chooseProxy(origin: string, setting: string | null, variables: Variables): string | null {
  if (setting === "none") return null;
  if (setting !== null) return setting;
  const url = new URL(origin);
  const { protocol, port } = url;
  const host = socketHost(url).toLowerCase();
  if (isLoopbackHost(host) || host.endsWith(".localhost")) return null;
  const own = protocol === "https:" ? read(variables, "https_proxy") : read(variables, "http_proxy");
  const proxy = own ?? read(variables, "all_proxy");
  if (proxy === undefined) return null;
  const effectivePort = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  if (isExempt(host, effectivePort, read(variables, "no_proxy") ?? "")) return null;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function read(variables: Variables, name: string): string | undefined {
  const value = variables[name] ?? variables[name.toUpperCase()];
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

function isExempt(host: string, port: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((rule) => rule !== "")
    .some((rule) => matchesRule(host, port, rule.toLowerCase()));
}

/** `*`, `10.0.0.0/8`, `example.com` and its subdomains, `.example.com`, `*.example.com`, each with `:port` or without. */
function matchesRule(host: string, port: string, rule: string): boolean {
  if (rule === "*") return true;
  if (rule.includes("/")) return isInSubnet(host, rule);
  const withPort = isIP(rule) === 6 ? null : /^(.*):(\d+)$/.exec(rule);
  if (withPort !== null && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? rule).replace(/^\*?\./, "").replace(/^\[|\]$/g, "");
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function isInSubnet(host: string, rule: string): boolean {
  const [network = "", bits] = rule.split("/");
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family) return false;
  const prefix = Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, prefix, kind);
  return list.check(host, kind);
}
