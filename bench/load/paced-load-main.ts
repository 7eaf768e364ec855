/**
 * The process of a paced load: an open loop over a few connections of raw sockets.
 *
 * A latency counts from the moment at which its request was due: a server that stalls is charged for all that wait. The
 * process does nothing else meanwhile and looks at the time without pause, since timers are too coarse. It allocates
 * next to nothing for a request, an answer or a look: its own collections would show as latencies of whoever is measured.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import type { PacedPlan, PacedResult } from "./paced-load.ts";

interface Connection {
  readonly socket: Socket;
  readonly buffer: Buffer;
  dueAt: number;
  isBusy: boolean;
  isDisturbed: boolean;
  /** Of the answer under way. */
  bytes: number;
  /** Length of a whole answer; 0 until its head was read. */
  wholeBytes: number;
}

/** Answers end within this much: a read never has more. */
const readBytes = 65_536;
/** From one look at the sockets to the next where nothing is due: a turn of the event loop is an object to collect. */
const lookEveryMs = 0.02;
/** A pause of the load's own thread from which on latencies tell of it and not of the server. */
const pauseMs = 0.3;

/** Tells pauses of this thread in which it did not run: it never sleeps, so the kernel gave its core to somebody else. */
class PauseWatch {
  #lookedAt = performance.now();
  #notRunningMs = notRunningMs();
  /** Until when the last one lasted. */
  endedAt = 0;

  /** Whether there was one since the last look. */
  look(now: number): boolean {
    const gapMs = now - this.#lookedAt;
    this.#lookedAt = now;
    if (gapMs < pauseMs) return false;
    const before = this.#notRunningMs;
    this.#notRunningMs = notRunningMs();
    if (this.#notRunningMs - before < pauseMs) return false;
    this.endedAt = now;
    return true;
  }
}

function notRunningMs(): number {
  const { user, system } = process.threadCpuUsage();
  return performance.now() - (user + system) / 1_000;
}

async function run(plan: PacedPlan): Promise<PacedResult> {
  const request = requestText(plan);
  const warmUp = plan.perSecond;
  const total = plan.perSecond * plan.seconds + warmUp;
  const latenciesMs = new Float64Array(total);
  let answered = 0;
  let measured = 0;
  let others = 0;
  let disturbed = 0;
  const onAnswer = (connection: Connection, isAsWanted: boolean): void => {
    connection.isBusy = false;
    if (!isAsWanted) others++;
    if (answered++ < warmUp) return;
    if (connection.isDisturbed) disturbed++;
    else latenciesMs[measured++] = performance.now() - connection.dueAt;
  };
  const connections = await Promise.all(Array.from({ length: plan.connections }, () => open(plan.port, onAnswer)));
  const pauses = new PauseWatch();
  const startedAt = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      if (answered === total) return resolve();
      const until = performance.now() + lookEveryMs;
      for (let now = performance.now(); now < until; now = performance.now()) {
        if (pauses.look(now)) for (const connection of connections) connection.isDisturbed = true;
        const dueAt = startedAt + (sent * 1000) / plan.perSecond;
        if (sent === total || now < dueAt) continue;
        const free = connections.find(isFree);
        if (free === undefined) break;
        send(free, request, dueAt, dueAt < pauses.endedAt);
        sent++;
      }
      setImmediate(turn);
    };
    turn();
  });
  for (const { socket } of connections) socket.destroy();
  return { latenciesMs: [...latenciesMs.subarray(0, measured)], others, disturbed };
}

function isFree({ isBusy }: Connection): boolean {
  return !isBusy;
}

function send(connection: Connection, request: Buffer, dueAt: number, isDisturbed: boolean): void {
  connection.dueAt = dueAt;
  connection.isBusy = true;
  connection.isDisturbed = isDisturbed;
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
  const connection: Connection = {
    socket,
    buffer,
    dueAt: 0,
    isBusy: false,
    isDisturbed: false,
    bytes: 0,
    wholeBytes: 0,
  };
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

console.log(`RESULT ${JSON.stringify(await run(JSON.parse(process.argv[2]!) as PacedPlan))}`);
