/**
 * What is sent to a target: the client's own bytes where it speaks the client's dialect, a translation where not.
 *
 * Same dialect: nothing changes but the model's name, the credential, and what the router itself had put into the
 * conversation (its thinking envelopes, the subagent tag).
 */
import type { Dialect } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { Endpoint } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";
import { pairFor } from "../../dialects/translate/pairs.ts";
import type { DialectPair } from "../../dialects/translation.ts";
import type { Credential, Operation, Provider } from "../../providers/provider.ts";
import type { ThinkingSigners } from "../../providers/thinking-signers.ts";
import { signerOf } from "../../providers/thinking-signers.ts";
import { SharedHeaders } from "../../providers/upstream/shared-headers.ts";
import type { UpstreamRequest } from "../../providers/upstream/upstream.ts";
import type { CallFeatures } from "../request/call-features.ts";
import { mentionsSubagentTag, withoutSubagentTag } from "../request/call-features.ts";
import type { Exchange } from "../request/exchange.ts";
import type { RequestDocument } from "./pass-body.ts";
import { passBody } from "./pass-body.ts";
import type { CallRequest } from "../request/read-call.ts";
import { refuseServerWork } from "./refuse-server-work.ts";
import { chooseApi } from "./choose-api.ts";
import type { ResponsesAnswer } from "./choose-api.ts";
import { connectionOptions } from "../request/connection-options.ts";
import { bearerToken } from "../request/authenticate.ts";
import type { Authenticator } from "../request/authenticate.ts";

/** A request made ready for one target; credentials are added for each attempt. */
export interface PreparedRequest {
  readonly provider: Provider;
  readonly target: Target;
  /** The dialect that is spoken with the provider. */
  readonly dialect: Dialect;
  /** null: the client's own dialect. */
  readonly pair: DialectPair | null;
  readonly traits: TargetTraits;
  readonly path: string;
  readonly headers: SharedHeaders;
  readonly body: Uint8Array;
  readonly notes: readonly string[];
  /** Under which name the thinking of the answer is remembered; null where it need not be. */
  readonly signer: string | null;
  /** How the answer of the Responses API is to be told; null where Chat Completions, or another dialect, is spoken. */
  readonly responses: ResponsesAnswer | null;
}

/** Where the thinking of a conversation may come from. */
export interface KnownSigners {
  readonly thinkingSigners: ThinkingSigners;
  /** Whether answers of the Anthropic dialect may come from providers that refuse each other's thinking. */
  readonly hasSeveralSigners: boolean;
}

/** What the head of a request tells of what shall be sent. */
export type RequestHead = Pick<Exchange, "query" | "headers" | "header" | "memo">;

interface AskingCall {
  readonly exchange: RequestHead;
  readonly features: CallFeatures;
  readonly request: CallRequest;
}

/** What belongs to this connection, to the router's own key, or to the way to the router. */
const neverForwarded = new Set([
  "host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding", "te", "trailer",
  "upgrade", "expect", "content-length", "content-encoding", "content-type", "accept-encoding", "authorization", "x-api-key", "cookie",
  "origin", "referer", "forwarded", "via",
]); // prettier-ignore

const operations: Readonly<Record<Endpoint, Readonly<Record<Dialect, Operation>>>> = {
  messages: { "anthropic-messages": "messages", "openai-chat": "chat-completions" },
  "chat-completions": { "anthropic-messages": "messages", "openai-chat": "chat-completions" },
  "count-tokens": { "anthropic-messages": "count-tokens", "openai-chat": "count-tokens" },
};

/**
 * The request for `target`. Throws GatewayError: `caller_*` for content that the target cannot be asked,
 * `router_not_supported` where the provider has no such endpoint.
 */
export function prepareRequest(
  { thinkingSigners, hasSeveralSigners }: KnownSigners,
  { exchange, features, request }: AskingCall,
  provider: Provider,
  target: Target,
): PreparedRequest {
  const dialect = provider.dialects.includes(features.dialect) ? features.dialect : provider.dialects[0]!;
  const pair = pairFor(features.dialect, dialect);
  const query = pair === null ? exchange.query : "";
  const path = provider.path(operations[features.endpoint][dialect], dialect, query);
  if (path === null || (features.endpoint === "count-tokens" && pair !== null)) {
    throw new GatewayError(
      "router_not_supported",
      `provider ${provider.name} has no endpoint for ${features.endpoint}`,
    );
  }
  const traits = provider.traits(target.model);
  refuseServerWork(request, traits, features.endpoint);
  const asked =
    pair === null
      ? passBody(features, request, provider, traits, thinkingSigners)
      : translateBody(pair, request, traits);
  const { document, notes, responses } =
    dialect === "openai-chat" ? chooseApi(request, asked, traits) : { ...asked, responses: null };
  const isRemembered = hasSeveralSigners && pair === null && dialect === "anthropic-messages";
  const signer = isRemembered ? signerOf(provider) : null;
  return {
    provider,
    target,
    dialect,
    pair,
    traits,
    path: responses === null ? path : provider.path("responses", dialect, query)!,
    headers: headersFor(exchange, provider, dialect, pair === null),
    signer,
    body: document === null ? request.withModel(target.model) : request.outline().render(document),
    notes,
    responses,
  };
}

/** The bytes to send, with the credential of this attempt. */
export function toUpstreamRequest(
  prepared: PreparedRequest,
  credential: Credential,
  exchange: Exchange,
  authenticator: Authenticator,
  traceHeaders: Readonly<Record<string, string>>,
): UpstreamRequest {
  const own = prepared.provider.isPassthrough ? clientCredentials(exchange, authenticator) : credential.headers;
  return {
    method: "POST",
    path: prepared.path,
    headers: { ...traceHeaders, ...own },
    shared: prepared.headers,
    body: prepared.body,
    timeouts: prepared.provider.timeouts,
  };
}

function translateBody(pair: DialectPair, request: CallRequest, traits: TargetTraits): RequestDocument {
  const { body } = request.outline();
  const translated = pair.request(mentionsSubagentTag(request) ? withoutSubagentTag(body) : body, traits);
  return { document: translated.body, notes: translated.notes };
}

/** What this request's head tells the provider; the same for the requests that repeat it. */
function headersFor(exchange: RequestHead, provider: Provider, dialect: Dialect, isPassed: boolean): SharedHeaders {
  const configured = provider.headers;
  const known = exchange.memo.passed;
  if (known !== null && known.configured === configured && known.dialect === dialect) return known.headers;
  const { "anthropic-version": version, ...others } = isPassed ? passHeaders(exchange, configured) : configured;
  const headers = new SharedHeaders({
    ...others,
    ...(dialect === "openai-chat" || version === undefined ? {} : { "anthropic-version": version }),
    "content-type": "application/json",
    "accept-encoding": "identity",
  });
  exchange.memo.passed = { configured, dialect, headers };
  return headers;
}

/**
 * The client's headers over the provider's version, configured ones over both. Betas are added to the client's: a field
 * of its request whose beta is missing is refused.
 */
function passHeaders(exchange: RequestHead, configured: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { ...configured };
  const received = exchange.headers;
  const ofConnection = connectionOptions(exchange.header("connection"));
  for (let index = 0; index + 1 < received.length; index += 2) {
    const name = received[index]!;
    if (neverForwarded.has(name) || name.startsWith("x-forwarded-") || name.startsWith("x-ccr-")) continue;
    if (ofConnection.has(name)) continue;
    const value = received[index + 1]!;
    if (name === "anthropic-beta") headers[name] = joinBetas(value, configured[name]);
    else if (!(name in configured) || name === "anthropic-version") headers[name] = value;
  }
  return headers;
}

function joinBetas(asked: string, configured: string | undefined): string {
  if (configured === undefined) return asked;
  const betas = `${asked},${configured}`.split(",").map((beta) => beta.trim());
  return [...new Set(betas)].filter((beta) => beta !== "").join(",");
}

/** The client's own login. A key of this router is never shown to a provider. */
function clientCredentials(exchange: Exchange, authenticator: Authenticator): Record<string, string> {
  const headers: Record<string, string> = {};
  const authorization = exchange.header("authorization");
  const apiKey = exchange.header("x-api-key");
  if (authorization !== undefined && !authenticator.knows(bearerToken(authorization)))
    headers.authorization = authorization;
  if (apiKey !== undefined && !authenticator.knows(apiKey)) headers["x-api-key"] = apiKey;
  return headers;
}
