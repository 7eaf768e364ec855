/**
 * Without keys only this machine is served: which requests come from its programs, and from no other site's page in its
 * browser? Pure.
 *
 * A browser names its page by Origin and Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/), a page under a name that
 * only points here (DNS rebinding) shows in Host, and a proxy tells for whom it asks. Programs send none of that.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import type { Exchange } from "./exchange.ts";

type Request = Pick<Exchange, "method" | "header">;

const ownHosts: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Host names that mean this machine, and those that the operator trusts. */
export function localHosts(trustedHosts: readonly string[]): ReadonlySet<string> {
  return new Set([...ownHosts, ...trustedHosts.map((host) => host.toLowerCase())]);
}

/** Throws GatewayError `caller_host_refused` for a request that is not this machine's own. */
export function refuseForeignRequests(request: Request, hosts: ReadonlySet<string>): void {
  refuseForeignHosts(request, hosts);
  refuseOtherMachines(request);
  const origin = request.header("origin");
  if (origin !== undefined && !hosts.has(URL.canParse(origin) ? new URL(origin).hostname : ""))
    throw refused(`origin ${printable(origin)} may not call this router`);
  if (isBlind(request, origin)) throw refused("a page of another site may not send this: it could not read the answer");
}

/**
 * Throws GatewayError `caller_host_refused` for a Host that neither means this machine nor is trusted. Probes of HTTP/1.0
 * name none; browsers always do.
 */
export function refuseForeignHosts(request: Request, hosts: ReadonlySet<string>): void {
  const host = request.header("host");
  if (host === undefined || hosts.has(hostName(host))) return;
  throw refused(`host ${printable(host)} is not this machine; without keys only local clients are served`);
}

/** A proxy on this machine makes all the world look like it. Under a trusted name that is the operator's own will. */
function refuseOtherMachines(request: Request): void {
  const list = request.header("x-forwarded-for");
  const parameters = request.header("forwarded");
  if (list === undefined && parameters === undefined) return;
  const host = request.header("host");
  if (host !== undefined && !ownHosts.includes(hostName(host))) return;
  const told = [...(list ?? "").split(","), ...forParameters(parameters ?? "")].map((address) => address.trim());
  const other = told.find((address) => address !== "" && !isLoopback(address));
  if (other === undefined) return;
  throw refused(
    `a proxy asks for ${printable(other)}, which is not this machine: make keys (ccr keys create), or name the proxy's host in auth.trustedHosts`,
  );
}

/** RFC 7239. */
function forParameters(forwarded: string): string[] {
  const found = forwarded.matchAll(/\bfor\s*=\s*("[^"]*"|[^;,\s]+)/gi);
  return Array.from(found, ([, value]) => value!.replaceAll('"', ""));
}

function isLoopback(address: string): boolean {
  return /^(?:(?:::ffff:)?127\.\d+\.\d+\.\d+(?::\d+)?|::1|\[::1\](?::\d+)?|localhost)$/i.test(address);
}

const ownSites: ReadonlySet<string> = new Set(["same-origin", "none"]);
/** What a page of another origin may send as a body without the browser asking first (CORS). */
const unaskedTypes = /^\s*(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)|^\s*$/i;

/**
 * Whether a page of another origin, be it only another port of this machine, sends what it can send unasked: an image, a
 * form, a beacon. Its answer is not for that page, so nobody is meant to ask like this; but it costs money or time, and a
 * form shows the answer, a provider's error page too, as this router's own. A link that somebody follows is another matter.
 */
function isBlind(request: Request, origin: string | undefined): boolean {
  const site = request.header("sec-fetch-site");
  if (site === undefined ? origin === undefined || isOwnOrigin(request, origin) : ownSites.has(site)) return false;
  const mode = request.header("sec-fetch-mode") ?? "cors";
  const isReading = request.method === "GET" || request.method === "HEAD";
  if (mode === "navigate") return !isReading || request.header("sec-fetch-dest") !== "document";
  if (mode !== "cors") return true;
  return request.method === "POST" && unaskedTypes.test(request.header("content-type") ?? "");
}

function isOwnOrigin(request: Request, origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === (request.header("host") ?? "").toLowerCase();
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

function refused(message: string): GatewayError {
  return new GatewayError("caller_host_refused", message);
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
