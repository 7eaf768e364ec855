/** A client of event streams that records when each event came, for tests of timing, order and abort. */
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { SseReader } from "../../src/dialects/sse.ts";

export interface ArrivedEvent {
  /** "" where the event has no name. */
  readonly event: string;
  readonly data: string;
  /** Milliseconds from the request's start. */
  readonly atMs: number;
}

/** `whole`: the HTTP answer ended properly. `broken`: its connection did not last. `left`: we went away. */
export type StreamEnd = "whole" | "broken" | "left";

export interface SseStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The events so far; it grows. */
  readonly events: readonly ArrivedEvent[];
  /** The body so far. */
  text(): string;
  /** Resolves when no more comes. */
  readonly ended: Promise<StreamEnd>;
  /** Goes away at once, as a client does at Esc. */
  leave(): void;
  /** Stops reading from the socket, as a slow client; `resume` goes on. */
  pause(): void;
  resume(): void;
}

/** Sends `body` as JSON and resolves when the answer's headers are here. One connection of its own per call. */
export function openStream(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseStream> {
  const startMs = performance.now();
  const events: ArrivedEvent[] = [];
  const chunks: Buffer[] = [];
  let hasLeft = false;
  return new Promise((resolve, reject) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const outgoing = request(url, {
      method: "POST",
      agent: false,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers },
    });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      // Errors after the head come up at the answer.
      outgoing.on("error", () => undefined);
      const reader = new SseReader((data, event) => events.push({ event, data, atMs: performance.now() - startMs }));
      const ended = new Promise<StreamEnd>((settle) => {
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          reader.push(chunk);
        });
        answer.once("end", () => {
          reader.end();
          settle("whole");
        });
        answer.once("error", () => settle(hasLeft ? "left" : "broken"));
        answer.once("close", () => settle(hasLeft ? "left" : "broken"));
      });
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        events,
        text: () => Buffer.concat(chunks).toString(),
        ended,
        leave: () => {
          hasLeft = true;
          outgoing.destroy();
        },
        pause: () => void answer.pause(),
        resume: () => void answer.resume(),
      });
    });
    outgoing.end(text);
  });
}
