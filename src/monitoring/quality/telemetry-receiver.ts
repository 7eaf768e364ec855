/**
 * Receives a client's telemetry over OTLP/HTTP: reads the events that tell about quality, and passes the request on
 * to a collector where one is configured. A client must never wait for it or fail because of it.
 */
import type { Logger } from "../../core/log/logging.ts";
import { readJsonLogs } from "./otlp-logs-json.ts";
import { readProtobufLogs } from "./otlp-logs-protobuf.ts";
import type { TelemetryEvent, TelemetryRequest } from "./telemetry-event.ts";
import type { TelemetryForwarder } from "./telemetry-forwarder.ts";

/** The answer to a client: always 200, in the encoding that it speaks. An empty protobuf message is no bytes at all. */
export interface TelemetryAnswer {
  readonly status: 200;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Larger bodies are passed on and not read: a client's hold a few dozen events, and anybody may send one that takes
 * seconds, in which no call moves.
 */
const readBytesLimit = 2 * 1024 * 1024;

export class TelemetryReceiver {
  readonly #observe: (events: readonly TelemetryEvent[]) => void;
  readonly #forwarder: TelemetryForwarder | null;
  readonly #logger: Logger;

  constructor(
    observe: (events: readonly TelemetryEvent[]) => void,
    forwarder: TelemetryForwarder | null,
    logger: Logger,
  ) {
    this.#observe = observe;
    this.#forwarder = forwarder;
    this.#logger = logger.child({ component: "telemetry" });
  }

  /** Takes one request. Never throws. Metrics and traces are only passed on: the events tell the same with ids. */
  receive(request: TelemetryRequest): TelemetryAnswer {
    this.#forwarder?.forward(request);
    const isProtobuf = /protobuf/i.test(request.contentType ?? "");
    if (request.path === "/v1/logs" && request.body.byteLength <= readBytesLimit) {
      try {
        const { body } = request;
        this.#observe(isProtobuf ? readProtobufLogs(body) : readJsonLogs(Buffer.from(body).toString("utf8")));
      } catch (error) {
        this.#logger.warn({ error }, "a client's telemetry could not be read");
      }
    }
    const contentType = isProtobuf ? "application/x-protobuf" : "application/json";
    return { status: 200, contentType, body: isProtobuf ? "" : "{}" };
  }
}
