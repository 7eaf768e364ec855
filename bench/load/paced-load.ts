/**
 * Whole requests at a steady rate, whatever the server does (open loop), over a few connections of raw sockets.
 *
 * A latency counts from the moment at which its request was due: a server that stalls is charged for all that wait. The
 * process does nothing else meanwhile and looks at the time without pause, since timers are too coarse.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";

export interface PacedPlan {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
}

export interface PacedResult {
  /** Milliseconds, in the order of the answers. */
  readonly latenciesMs: readonly number[];
  /** Answers that were not 200 with `x-ccr-cache: hit`. */
  readonly others: number;
}

interface Connection {
  readonly socket: Socket;
  dueAt: number;
  isBusy: boolean;
  received: string;
}

export async function runPacedLoad(plan: PacedPlan): Promise<PacedResult> {
  const request = requestText(plan);
  const latenciesMs: number[] = [];
  let others = 0;
  const connections = await Promise.all(Array.from({ length: plan.connections }, () => open(plan.port)));
  for (const connection of connections) {
    connection.socket.on("data", (piece: Buffer) => {
      connection.received += piece.toString("latin1");
      if (!isWhole(connection.received)) return;
      if (!isHit(connection.received)) others++;
      connection.received = "";
      connection.isBusy = false;
      latenciesMs.push(performance.now() - connection.dueAt);
    });
  }
  const total = plan.perSecond * plan.seconds;
  const startedAt = performance.now();
  for (let sent = 0; latenciesMs.length < total;) {
    const dueAt = startedAt + (sent * 1000) / plan.perSecond;
    const free = sent < total && performance.now() >= dueAt ? connections.find(({ isBusy }) => !isBusy) : undefined;
    if (free !== undefined) {
      free.dueAt = dueAt;
      free.isBusy = true;
      free.socket.write(request);
      sent++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { socket } of connections) socket.destroy();
  return { latenciesMs, others };
}

async function open(port: number): Promise<Connection> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await once(socket, "connect");
  return { socket, dueAt: 0, isBusy: false, received: "" };
}

function requestText({ path, headers, body, port }: PacedPlan): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join("")}content-length: ${length}\r\n\r\n${body}`,
  );
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? Number.NaN);
  return answer.length >= end + 4 + length;
}

function isHit(answer: string): boolean {
  return answer.startsWith("HTTP/1.1 200") && /x-ccr-cache: hit/i.test(answer);
}
