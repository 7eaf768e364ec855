/**
 * A provider that only streams: thousands of streams from one timer, over bare sockets, so that it takes as little
 * as it can of the core that it shares with the load.
 *
 * Started by the rig with a channel. Messages in: {intervalMs, deltas} for the streams that begin from now on.
 * Messages out: {port} once it listens, {isPaced} when a pace holds.
 */
import net from "node:net";
import { messageStream } from "./stream-events.ts";

const tickMs = 5;

interface Pace {
  intervalMs: number;
  deltas: number;
}

interface Stream {
  readonly socket: net.Socket;
  readonly everyTicks: number;
  deltasLeft: number;
}

const pace: Pace = { intervalMs: 100, deltas: 10 };
/** Streams by the tick that they are due at. */
const due = new Map<number, Stream[]>();
const startMs = performance.now();
let currentTick = 0;

function schedule(stream: Stream): void {
  const tick = currentTick + stream.everyTicks;
  const waiting = due.get(tick);
  if (waiting === undefined) due.set(tick, [stream]);
  else waiting.push(stream);
}

function runTicks(): void {
  // After a late timer the missed ticks follow at once: the rate holds.
  const target = Math.floor((performance.now() - startMs) / tickMs);
  while (currentTick < target) {
    currentTick++;
    const streams = due.get(currentTick);
    if (streams === undefined) continue;
    due.delete(currentTick);
    for (const stream of streams) advance(stream);
  }
}

function advance(stream: Stream): void {
  if (stream.socket.destroyed) return;
  if (stream.deltasLeft === 0) {
    stream.socket.write(messageStream.closing);
    return;
  }
  stream.deltasLeft--;
  stream.socket.write(messageStream.delta);
  schedule(stream);
}

/** Answers each whole request on a connection with a stream. Bodies have a Content-Length: the gateways under test send it. */
function serve(socket: net.Socket): void {
  socket.setNoDelay(true);
  let pending: Buffer = Buffer.alloc(0);
  let bodyLeft = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (data: Buffer) => {
    if (bodyLeft > data.length) {
      bodyLeft -= data.length;
      return;
    }
    if (bodyLeft > 0) {
      bodyLeft -= data.length;
      begin(socket);
      return;
    }
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    const headEnd = pending.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = pending.toString("latin1", 0, headEnd);
    bodyLeft = bodyLength(head, pending, headEnd) - (pending.length - headEnd - 4);
    pending = Buffer.alloc(0);
    if (bodyLeft === 0) begin(socket);
  });
}

function bodyLength(head: string, pending: Buffer, headEnd: number): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return Number(length);
  // A chunked body of these few hundred bytes comes in one piece with its head.
  return pending.length - headEnd - 4;
}

function begin(socket: net.Socket): void {
  socket.write(messageStream.opening);
  schedule({ socket, everyTicks: Math.max(1, Math.round(pace.intervalMs / tickMs)), deltasLeft: pace.deltas });
}

const server = net.createServer(serve);
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  process.send?.({ port: (server.address() as net.AddressInfo).port });
});
process.on("message", (message: Pace) => {
  pace.intervalMs = message.intervalMs;
  pace.deltas = message.deltas;
  process.send?.({ isPaced: true });
});
process.on("disconnect", () => process.exit(0));
setInterval(runTicks, tickMs);
