/**
 * What went wrong on the wire, as the GatewayError that the client and the record shall see.
 *
 * Which code: nothing of an answer came -> `provider_unreachable`; bytes came that are no HTTP -> `provider_bad_answer`;
 * a body began and ended early -> `provider_cut_answer`; it took too long -> `provider_timeout`; it is no fault of the
 * provider's -> `router_*`.
 */
import { GatewayError } from "../../core/errors/errors.ts";

/** How far an exchange had come: no connection yet, request sent, body under way. */
export type ExchangePhase = "connect" | "first-byte" | "body";

/** Node's and OpenSSL's codes in words. https://nodejs.org/api/errors.html#common-system-errors, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const connectionWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused the connection",
  ECONNRESET: "reset the connection",
  EPIPE: "reset the connection",
  ECONNABORTED: "reset the connection",
  ENOTFOUND: "has an unknown host name",
  EAI_AGAIN: "has a host name that cannot be looked up right now",
  EHOSTUNREACH: "is on a host that cannot be reached",
  ENETUNREACH: "is on a network that cannot be reached",
  ENETDOWN: "cannot be reached: the network is down",
  ETIMEDOUT: "did not accept the connection in time",
  UND_ERR_CONNECT_TIMEOUT: "did not accept the connection in time",
  EADDRNOTAVAIL: "cannot be connected to: no local port is free",
  CERT_HAS_EXPIRED: "shows an expired certificate",
  CERT_NOT_YET_VALID: "shows a certificate that is not valid yet",
  CERT_REVOKED: "shows a revoked certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "shows a self-signed certificate (set `caFile` to trust it)",
  SELF_SIGNED_CERT_IN_CHAIN: "shows a certificate of an unknown authority (set `caFile` to trust it)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "shows a certificate of an unknown authority (set `caFile` to trust it)",
  UNABLE_TO_GET_ISSUER_CERT: "shows a certificate of an unknown authority (set `caFile` to trust it)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "shows a certificate of an unknown authority (set `caFile` to trust it)",
  ERR_TLS_CERT_ALTNAME_INVALID: "shows a certificate for another name",
};

/** What is missing here, not there: a provider must not be taken for broken, nor kept away from, for it. */
const ownLimits: Readonly<Record<string, string>> = {
  EMFILE: "this process has too many open files (raise `ulimit -n`)",
  ENFILE: "this machine has too many open files",
};

/** Name of undici's parser error: its `code` is not always set. */
const parserError = "HTTPParserError";

/** Turns a failure of the transport into a GatewayError. `origin` names the provider's server in the message. */
export function toTransportError(error: Error, phase: ExchangePhase, origin: string): GatewayError {
  const code = codeOf(error);
  const options = { cause: error };
  if (code === "UND_ERR_INVALID_ARG" && !wantsProxyPassword(error)) {
    return new GatewayError("router_failed", `The request to ${origin} cannot be sent: ${error.message}.`, options);
  }
  if (code === "UND_ERR_CLOSED" || code === "UND_ERR_DESTROYED") {
    return new GatewayError("router_shutting_down", `The connections to ${origin} were closed by the router.`, options);
  }
  const ownLimit = ownLimits[code];
  if (ownLimit !== undefined) {
    const message = `${origin} cannot be connected to: ${ownLimit} (${code}).`;
    return new GatewayError("router_overloaded", message, { ...options, retryAfterSeconds: 1 });
  }
  if (phase === "body") return toBodyError(code, error, origin);
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return new GatewayError("provider_bad_answer", `${origin} sent more header bytes than allowed.`, options);
  }
  if (breaksProtocol(error) || code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    return toProtocolError(error.message, phase, origin, error);
  }
  return new GatewayError("provider_unreachable", `${origin} ${describeLoss(code, error, phase)}.`, options);
}

/** The provider's bytes break the protocol. `reason` is the parser's. */
export function toProtocolError(reason: string, phase: ExchangePhase, origin: string, cause?: Error): GatewayError {
  const what =
    phase === "body" ? `${origin} broke the HTTP framing of its answer` : `${origin} did not answer in HTTP/1.1`;
  return new GatewayError("provider_bad_answer", `${what}: ${reason}.`, { cause });
}

/** The connection was closed, without an error, before the answer was complete. */
export function toClosedError(phase: ExchangePhase, origin: string): GatewayError {
  if (phase === "body") {
    return new GatewayError("provider_cut_answer", `${origin} closed the connection before its answer was complete.`);
  }
  return new GatewayError("provider_unreachable", `${origin} ${closedWords(phase)}.`);
}

/** The error of a phase that took longer than its limit. */
export function createTimeoutError(phase: ExchangePhase, limitMs: number, origin: string): GatewayError {
  const what = {
    connect: `no connection to ${origin} within ${limitMs} ms (timeouts.connectMs)`,
    "first-byte": `${origin} took the request and sent nothing within ${limitMs} ms (timeouts.firstByteMs)`,
    body: `${origin} fell silent in its answer for ${limitMs} ms (timeouts.betweenBytesMs)`,
  }[phase];
  return new GatewayError("provider_timeout", `Timeout: ${what}.`);
}

/** The error of a request that waited `limitMs` for one of `maxSockets` connections, which others used all that time. */
export function createLineError(limitMs: number, origin: string): GatewayError {
  const message = `All connections to ${origin} were in use for ${limitMs} ms (maxSockets, timeouts.connectMs).`;
  return new GatewayError("router_overloaded", message, { retryAfterSeconds: 1 });
}

/** undici's words for a `100 Continue` and a `101 Switching Protocols` that nobody asked for: it knows no code for them. */
const unaskedInterim: ReadonlySet<string> = new Set(["bad response", "bad upgrade"]);

/** An end of the stream in mid-message is the parser's error too, but no breach: the peer went away. */
function breaksProtocol(error: Error): boolean {
  if (unaskedInterim.has(error.message)) return true;
  return error.name === parserError && !error.message.includes("EOF");
}

function toBodyError(code: string, error: Error, origin: string): GatewayError {
  if (breaksProtocol(error)) return toProtocolError(error.message, "body", origin, error);
  const how = code === "ECONNRESET" || code === "EPIPE" ? "reset the connection" : "closed the connection";
  return new GatewayError("provider_cut_answer", `${origin} ${how} before its answer was complete.`, { cause: error });
}

/** What Node tells of a server that answers in plain text where TLS is begun. */
const plainTextCodes: ReadonlySet<string> = new Set([
  "EPROTO",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
]);

/** null for what is no failure of TLS itself. */
export function tlsFailureWords(code: string): string | null {
  if (plainTextCodes.has(code)) return `does not speak TLS (is it http, not https?) (${code})`;
  return code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") ? `does not agree on TLS (${code})` : null;
}

function describeLoss(code: string, error: Error, phase: ExchangePhase): string {
  const proxyAnswer = /Proxy response \((\d+)\)/.exec(error.message);
  if (proxyAnswer !== null) return `cannot be reached: the proxy answered ${proxyAnswer[1]}`;
  if (wantsProxyPassword(error)) return "cannot be reached: the proxy answered 407";
  const words = connectionWords[code];
  if (words !== undefined) return `${words} (${code})`;
  const tls = tlsFailureWords(code);
  if (tls !== null) return tls;
  if (code === "UND_ERR_SOCKET" || error.name === parserError || code === "UND_ERR_PRX_CONN") return closedWords(phase);
  return `cannot be reached (${code === "" ? error.message : code})`;
}

function closedWords(phase: ExchangePhase): string {
  return `closed the connection ${phase === "connect" ? "while it was being set up" : "before answering"}`;
}

/** A 407 to a request that is not tunnelled comes as an invalid argument. */
function wantsProxyPassword(error: Error): boolean {
  return error.message.includes("Proxy Authentication Required");
}

/** The most telling code: of the error, of one it wraps, or of the first address that was tried. */
function codeOf(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown }).code;
  const inner = error.cause instanceof Error ? codeOf(error.cause) : "";
  if (typeof code !== "string") return inner;
  // A socket error that wraps a system error says less than that one.
  return inner !== "" && code.startsWith("UND_ERR_") ? inner : code;
}
