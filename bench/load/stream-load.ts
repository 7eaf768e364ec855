/**
 * Opens streams at a steady pace and counts what comes back.
 *
 * Started by the rig with a channel and one message, a StreamLoad. It sends back {mark: "open"} when the last stream
 * has begun, {mark: "close"} when the window after that is over, and {result} when every stream has ended.
 */
import net from "node:net";
import { quantile } from "../rig/statistics.ts";
import { ChunkedStreamReader } from "./stream-reader.ts";

export interface StreamLoad {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly streams: number;
  /** The first of them, whose first bytes do not count: this program compiles itself meanwhile. */
  readonly leadIn: number;
  /** Between the beginnings of two streams. */
  readonly spacingMs: number;
  /** Rest between the last beginning and the window. */
  readonly settleMs: number;
  readonly windowMs: number;
  /** Events of one whole stream: fewer are lost, more are made up. */
  readonly eventsPerStream: number;
  /** Streams that have not ended by then have failed. */
  readonly timeoutMs: number;
}

export interface StreamResult {
  readonly completed: number;
  readonly failed: number;
  readonly lostEvents: number;
  readonly windowEvents: number;
  readonly firstByteP50Ms: number;
  readonly firstByteP99Ms: number;
  /** Why streams failed, the first of each kind. */
  readonly failures: readonly string[];
}

export type LoadMessage = { readonly mark: "open" | "close" } | { readonly result: StreamResult };

const idle: net.Socket[] = [];
const firstBytesMs: number[] = [];
const failures = new Set<string>();
let completed = 0;
let failed = 0;
let lostEvents = 0;
let totalEvents = 0;

function openStream(load: StreamLoad, request: Buffer, isCounted: boolean, onDone: () => void): void {
  const reader = new ChunkedStreamReader();
  const socket = idle.pop() ?? net.connect({ port: load.port, host: "127.0.0.1", noDelay: true });
  const startedMs = performance.now();
  let isDone = false;
  const finish = (failure: string | null): void => {
    if (isDone) return;
    isDone = true;
    socket.removeAllListeners();
    socket.on("error", () => socket.destroy());
    if (failure === null) {
      completed++;
      lostEvents += Math.abs(load.eventsPerStream - reader.events);
      idle.push(socket);
    } else {
      failed++;
      failures.add(failure);
      socket.destroy();
    }
    onDone();
  };
  socket.on("data", (data: Buffer) => {
    const before = reader.events;
    reader.push(data);
    if (isCounted && before === 0 && reader.events > 0) firstBytesMs.push(performance.now() - startedMs);
    totalEvents += reader.events - before;
    if (reader.hasEnded) finish(reader.status === 200 ? null : `status ${reader.status}`);
  });
  socket.on("error", (error: Error) => finish(error.message));
  socket.on("close", () => finish(`closed after ${reader.events === 0 ? "no" : "some"} events`));
  socket.write(request);
}

function run(load: StreamLoad): void {
  const fields = Object.entries(load.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${load.path} HTTP/1.1\r\nhost: 127.0.0.1:${load.port}\r\n${fields.join("")}`;
  const request = Buffer.from(`${head}content-length: ${Buffer.byteLength(load.body)}\r\n\r\n${load.body}`);
  const startMs = performance.now();
  let begun = 0;
  let windowEvents = 0;
  const onDone = (): void => {
    if (completed + failed === load.streams) report(windowEvents);
  };
  const beginning = setInterval(() => {
    const wanted = Math.min(load.streams, Math.floor((performance.now() - startMs) / load.spacingMs) + 1);
    while (begun < wanted) {
      openStream(load, request, begun >= load.leadIn, onDone);
      begun++;
    }
    if (begun < load.streams) return;
    clearInterval(beginning);
    setTimeout(() => {
      const eventsBefore = totalEvents;
      process.send?.({ mark: "open" });
      setTimeout(() => {
        windowEvents = totalEvents - eventsBefore;
        process.send?.({ mark: "close" });
      }, load.windowMs);
    }, load.settleMs);
  }, 1);
  setTimeout(() => {
    failures.add(`${load.streams - completed - failed} still open at the deadline`);
    failed = load.streams - completed;
    report(windowEvents);
  }, load.timeoutMs);
}

function report(windowEvents: number): void {
  const result: StreamResult = {
    completed,
    failed,
    lostEvents,
    windowEvents,
    firstByteP50Ms: quantile(firstBytesMs, 0.5),
    firstByteP99Ms: quantile(firstBytesMs, 0.99),
    failures: [...failures],
  };
  process.send?.({ result }, () => process.exit(0));
}

process.once("message", (load: StreamLoad) => run(load));
process.on("disconnect", () => process.exit(0));
