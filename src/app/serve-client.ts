/** Which handler serves a request: the table of all paths that clients call. The rest is the operators' API. */
import { decodeUriText } from "../core/http/decode-uri-text.ts";
import type { Dialect } from "../core/dialect.ts";
import { GatewayError, toGatewayError } from "../core/errors/errors.ts";
import { createCallId } from "../core/ids.ts";
import type { Endpoint } from "../core/record.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import { modelsPath } from "../monitoring/routes.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { requestIdHeader } from "../gateway/answer-headers.ts";
import { findModel, listModels, renderModel, renderModels } from "../gateway/list-models.ts";
import { sendError } from "../gateway/send-error.ts";
import { serveCall } from "../gateway/serve-call.ts";

const callPaths: ReadonlyMap<string, readonly [Endpoint, Dialect]> = new Map([
  ["/v1/messages", ["messages", "anthropic-messages"]],
  ["/v1/messages/count_tokens", ["count-tokens", "anthropic-messages"]],
  ["/v1/chat/completions", ["chat-completions", "openai-chat"]],
]);

/** Hears of a request that was answered and was no call. `route`: its path, "" where it takes no such method. */
export type CountRequest = (route: string, answered: Pick<Exchange, "method" | "status">) => void;

/** Serves a client's request; false where the path is not one of clients. */
export function serveClient(gateway: Gateway, exchange: Exchange, count: CountRequest): boolean {
  const call = callPaths.get(exchange.path);
  if (call !== undefined && exchange.method === "POST") {
    void serveCall(gateway, exchange, call[0], call[1]);
    return true;
  }
  if (call !== undefined) {
    refuseMethod(exchange, call[1], "POST");
    count("", exchange);
    return true;
  }
  if (exchange.path === modelsPath || exchange.path.startsWith(`${modelsPath}/`)) {
    const isRead = exchange.method === "GET" || exchange.method === "HEAD";
    if (isRead) serveModels(gateway, exchange);
    else refuseMethod(exchange, dialectOf(exchange), "GET, HEAD");
    count(isRead ? modelsPath : "", exchange);
    return true;
  }
  if (exchange.method === "HEAD" && (exchange.path === "/" || exchange.path === "/api/hello")) {
    exchange.respond(200, [], "");
    return true;
  }
  return false;
}

/** Anthropic's clients always name their version; others are taken for OpenAI's. */
export function dialectOf(exchange: Exchange): Dialect {
  return exchange.header("anthropic-version") !== undefined || exchange.header("x-api-key") !== undefined
    ? "anthropic-messages"
    : "openai-chat";
}

/** Answers 405. `allow`: the methods that the path takes, as the header lists them. */
export function refuseMethod(exchange: Exchange, dialect: Dialect, allow: string): void {
  const message = `${exchange.path} takes ${allow}, not ${exchange.method}`;
  sendError(
    exchange,
    dialect,
    new GatewayError("caller_method_not_allowed", message, { headers: { allow } }),
    createCallId(Date.now()),
  );
}

function serveModels(gateway: Gateway, exchange: Exchange): void {
  const dialect = dialectOf(exchange);
  const callId = createCallId(Date.now());
  try {
    const caller = gateway.authenticator.authenticate(exchange, gateway.clock.nowMs());
    const id = decodeUriText(exchange.path.slice(modelsPath.length + 1));
    const model = id === "" ? null : findModel(gateway, caller, id);
    if (id !== "" && model === null) {
      throw new GatewayError("caller_model_not_found", `model: ${id} is not configured; GET /v1/models lists what is`);
    }
    const body =
      model === null ? renderModels(listModels(gateway, caller), dialect, exchange.query) : renderModel(model, dialect);
    const headers = ["x-ccr-request-id", callId, requestIdHeader[dialect], callId, "content-type", "application/json"];
    exchange.respond(200, headers, JSON.stringify(body));
  } catch (error) {
    sendError(exchange, dialect, toGatewayError(error), callId);
  }
}
