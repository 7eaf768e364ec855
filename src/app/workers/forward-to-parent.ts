/** Hands a request that is no call to the parent, over its socket, and its answer to the client, byte by byte. */
import { request } from "node:http";
import { GatewayError } from "../../core/errors/errors.ts";
import { createCallId } from "../../core/ids.ts";
import type { Exchange } from "../../gateway/request/exchange.ts";
import { sendError } from "../../gateway/send-error.ts";
import { dialectOf } from "../serve-client.ts";

/** `socketPath`: where the parent listens. Never throws: a parent that does not answer is a `router_failed` for the client. */
export function forwardToParent(exchange: Exchange, socketPath: string): void {
  const { method, path, query } = exchange;
  // Every request has a connection of its own: what is asked here is rare.
  const headers = withoutConnection(exchange.headers);
  const outgoing = request({ socketPath, agent: false, method, path: path + query, headers, setHost: false });
  outgoing.once("response", (answer) => {
    exchange.begin(answer.statusCode ?? 502, withoutConnection(answer.rawHeaders));
    answer.on("data", (chunk: Buffer) => {
      if (exchange.write(chunk)) return;
      // A slow client waits at the parent: a whole export would stand in this worker's memory.
      answer.pause();
      exchange.onDrain(() => answer.resume());
    });
    answer.once("end", () => exchange.end());
    answer.once("error", () => exchange.destroy());
  });
  outgoing.once("error", (cause) => {
    if (exchange.hasHead) return exchange.destroy();
    const message = "the router's own parent process does not answer; try again";
    sendError(
      exchange,
      dialectOf(exchange),
      new GatewayError("router_failed", message, { cause }),
      createCallId(Date.now()),
    );
  });
  exchange.onGone(() => outgoing.destroy());
  if (exchange.wholeBody !== null) outgoing.end(exchange.wholeBody);
  else {
    outgoing.on("drain", () => exchange.resumeBody());
    exchange.receive({
      onData: (piece) => {
        // Nor does what a busy parent has not read: a body may have any size, and anybody may send one.
        if (!outgoing.write(piece)) exchange.pauseBody();
      },
      onEnd: () => void outgoing.end(),
      onGone: () => void outgoing.destroy(),
    });
  }
}

const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"]);

/** Names and values in turn, without what belongs to one connection. */
function withoutConnection(headers: readonly string[]): string[] {
  return headers.flatMap((name, index) =>
    index % 2 === 0 && !connectionHeaders.has(name.toLowerCase()) ? [name, headers[index + 1]!] : [],
  );
}
