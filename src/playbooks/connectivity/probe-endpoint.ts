/** Name look-up, TCP and TLS to an origin, each timed and each limited. With a proxy the first two go to that. */
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { PeerCertificate } from "node:tls";
import { socketHost } from "../../core/http/socket-host.ts";
import { tlsFailureWords } from "../../providers/upstream/transport-failure.ts";
import { authoritiesWith } from "../../providers/upstream/upstream-authorities.ts";
import type { Certificate, Endpoint, EndpointProbe, Step } from "./connectivity.ts";

/** Never rejects, and never takes longer than three times `limitMs`. */
export async function probeEndpoint(endpoint: Endpoint, limitMs: number): Promise<EndpointProbe> {
  const origin = new URL(endpoint.origin);
  const next = endpoint.proxy === null ? origin : new URL(endpoint.proxy);
  const dns = await timed(limitMs, async () => {
    const found = await lookup(socketHost(next), { all: true });
    return { addresses: found.map(({ address }) => address) };
  });
  if (dns.kind !== "done") return { dns, tcp: leftOut("no address"), tls: leftOut("no address") };
  const address = dns.detail.addresses[0] ?? socketHost(next);
  const tcp = await timed(limitMs, (signal) => dial(socketHost(next), portOf(next), signal).then(() => ({ address })));
  if (tcp.kind !== "done") return { dns, tcp, tls: leftOut("no connection") };
  if (endpoint.proxy !== null) return { dns, tcp, tls: leftOut("behind the proxy; the key's check goes through it") };
  if (origin.protocol === "http:") return { dns, tcp, tls: leftOut("plain HTTP") };
  return { dns, tcp, tls: await timed(limitMs, (signal) => shakeHands(origin, endpoint.ca, signal)) };
}

function leftOut(reason: string): { readonly kind: "left-out"; readonly reason: string } {
  return { kind: "left-out", reason };
}

/** Runs a step, told by its signal to end when its time is up; it counts as failed then even if it does not. */
export async function timed<Detail>(
  limitMs: number,
  step: (signal: AbortSignal) => Promise<Detail>,
): Promise<Step<Detail>> {
  const startMs = performance.now();
  const limit = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    limit.abort();
    late.reject(new Error(`nothing within ${limitMs} ms`));
  }, limitMs);
  try {
    const detail = await Promise.race([step(limit.signal), late.promise]);
    return { kind: "done", tookMs: performance.now() - startMs, detail };
  } catch (error) {
    return { kind: "failed", tookMs: performance.now() - startMs, reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    limit.abort();
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name is not known (${code})`;
  if (code === "ECONNREFUSED") return "refused: nothing listens there (ECONNREFUSED)";
  return tlsFailureWords(code ?? "") ?? message ?? String(error);
}

function dial(host: string, port: number, signal: AbortSignal): Promise<void> {
  return untilReady(connectTcp({ host, port }), "connect", signal, () => undefined);
}

function shakeHands(origin: URL, ca: string | null, signal: AbortSignal): Promise<Certificate> {
  const host = socketHost(origin);
  const socket = connectTls({
    host,
    port: portOf(origin),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false, // nothing is sent; what is wrong with a certificate is better told than refused
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca: authoritiesWith(ca) }),
  });
  return untilReady(socket, "secureConnect", signal, () => {
    const { authorizationError } = socket;
    const distrust = socket.authorized ? null : String(authorizationError ?? "not trusted");
    return toCertificate(socket.getPeerCertificate(), distrust);
  });
}

function toCertificate({ valid_to: validTo, issuer }: PeerCertificate, distrust: string | null): Certificate {
  const names = [issuer?.O, issuer?.CN].flat().filter((name) => name !== undefined);
  return { expiresAtMs: Date.parse(validTo), issuer: names[0] ?? "unknown", distrust };
}

function untilReady<Result>(
  socket: Socket,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
  read: () => Result,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => socket.destroy());
    socket.once(event, () => {
      resolve(read());
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed before it was ready")));
  });
}

function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}
