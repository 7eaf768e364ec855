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
  readonly buffer: Buffer;
  dueAt: number;
  isBusy: boolean;
  /** Of the answer under way. */
  bytes: number;
  /** Length of a whole answer; 0 until its head was read. */
  wholeBytes: number;
}

/** Answers end within this much: a read never has more. */
const readBytes = 65_536;

/**
 * Nothing is allocated for a request or an answer: this process's own collections would show as latencies of whoever is
 * measured. So answers are read into one buffer a connection, from its start, and only their heads are looked at.
 */
export async function runPacedLoad(plan: PacedPlan): Promise<PacedResult> {
  const request = requestText(plan);
  const total = plan.perSecond * plan.seconds;
  const latenciesMs = new Float64Array(total);
  let answered = 0;
  let others = 0;
  const onAnswer = (connection: Connection, isAsWanted: boolean): void => {
    connection.isBusy = false;
    if (!isAsWanted) others++;
    latenciesMs[answered++] = performance.now() - connection.dueAt;
  };
  const connections = await Promise.all(Array.from({ length: plan.connections }, () => open(plan.port, onAnswer)));
  const startedAt = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      if (answered === total) return resolve();
      const dueAt = startedAt + (sent * 1000) / plan.perSecond;
      if (sent < total && performance.now() >= dueAt) {
        const free = connections.find(isFree);
        if (free !== undefined) {
          send(free, request, dueAt);
          sent++;
        }
      }
      setImmediate(turn);
    };
    turn();
  });
  for (const { socket } of connections) socket.destroy();
  return { latenciesMs: [...latenciesMs], others };
}

function isFree({ isBusy }: Connection): boolean {
  return !isBusy;
}

function send(connection: Connection, request: Buffer, dueAt: number): void {
  connection.dueAt = dueAt;
  connection.isBusy = true;
  connection.bytes = 0;
  connection.wholeBytes = 0;
  connection.socket.write(request);
}

async function open(
  port: number,
  onAnswer: (connection: Connection, isAsWanted: boolean) => void,
): Promise<Connection> {
  const buffer = Buffer.alloc(readBytes);
  let isAsWanted = false;
  const callback = (bytes: number): boolean => {
    if (connection.wholeBytes === 0) {
      const head = buffer.toString("latin1", 0, Math.min(bytes, 2_048));
      connection.wholeBytes = wholeBytesOf(head);
      isAsWanted = isHit(head);
    }
    connection.bytes += bytes;
    if (connection.bytes >= connection.wholeBytes) onAnswer(connection, isAsWanted);
    return true;
  };
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
  const connection: Connection = { socket, buffer, dueAt: 0, isBusy: false, bytes: 0, wholeBytes: 0 };
  await once(socket, "connect");
  return connection;
}

function requestText({ path, headers, body, port }: PacedPlan): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join("")}content-length: ${length}\r\n\r\n${body}`,
  );
}

/** Head and body of an answer whose head came in one piece, as those of both servers do. */
function wholeBytesOf(head: string): number {
  const end = head.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (end < 0 || length === undefined) throw new Error(`no whole head: ${head.slice(0, 200)}`);
  return end + 4 + Number(length);
}

function isHit(answer: string): boolean {
  return answer.startsWith("HTTP/1.1 200") && /x-ccr-cache: hit/i.test(answer);
}
