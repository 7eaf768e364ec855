/** The HTTP/1.1 server on plain sockets: its connections, and the one timer that ends those that wait for too long. */
import { Server } from "node:net";
import type { Socket } from "node:net";
import { Bag } from "../core/collections/bag.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ConnectionOwner } from "./client-connection.ts";
import { RecentHeads } from "./head-reader.ts";

/** What a server is made with: client-connection.ts says what each is. */
export type ClientServerOptions = Pick<
  ConnectionOwner,
  "headersTimeoutMs" | "requestTimeoutMs" | "keepAliveMs" | "handle" | "refuse"
>;

interface ListeningHandle {
  readonly listen?: (backlog: number) => number;
}

/** Clients that come without a pause must not keep a server that stops. */
const longestTakingMs = 500;

const slowestSweepMs = 1_000;
const sweepsInLimit = 4;

export class ClientServer extends Server implements ConnectionOwner {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly recentHeads: RecentHeads = new RecentHeads();
  readonly handle: ConnectionOwner["handle"];
  readonly refuse: ConnectionOwner["refuse"];
  readonly #connections: Bag<ClientConnection> = new Bag();
  readonly #sweep: NodeJS.Timeout;
  #accepted = 0;

  constructor(options: ClientServerOptions) {
    // Both halves of a connection are ended by hand: see client-connection.ts.
    super({ allowHalfOpen: true, noDelay: true });
    this.handle = options.handle;
    this.refuse = options.refuse;
    this.headersTimeoutMs = options.headersTimeoutMs;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.keepAliveMs = options.keepAliveMs;
    const shortestMs = Math.min(options.headersTimeoutMs, options.requestTimeoutMs, options.keepAliveMs);
    const everyMs = Math.max(1, Math.min(slowestSweepMs, Math.floor(shortestMs / sweepsInLimit)));
    this.#sweep = setInterval(() => this.#checkDeadlines(performance.now()), everyMs).unref();
    this.on("connection", (socket: Socket) => {
      this.#accepted++;
      this.#connections.add(new ClientConnection(socket, this));
    });
    this.on("close", () => clearInterval(this.#sweep));
  }

  get isAccepting(): boolean {
    return this.listening;
  }

  onClosed(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  /**
   * Stops listening when no connection waits to be taken: the system resets those that do. At the end it lets one wait at
   * a time and drops what else comes, which tries again a second later and is refused: a refusal is safe to send elsewhere.
   */
  async stopListening(): Promise<void> {
    await this.#takeWaiting();
    this.#letOneWait();
    await this.#takeWaiting();
    this.close();
  }

  /** One is taken in each round of the event loop, so that on a busy machine there are many. */
  async #takeWaiting(): Promise<void> {
    const untilMs = performance.now() + longestTakingMs;
    await new Promise(setImmediate); // the rest of the round that is on
    let before: number;
    do {
      before = this.#accepted;
      await new Promise(setImmediate);
    } while (this.#accepted > before && performance.now() < untilMs);
  }

  /** A socket that listens takes another length of its queue; Node has that on its own handle only. */
  #letOneWait(): void {
    const { _handle: handle } = this as unknown as { readonly _handle?: ListeningHandle | null };
    handle?.listen?.(0);
  }

  /** Those that carry no request and owe no answer. */
  closeIdleConnections(): void {
    this.#connections.forEach((connection) => {
      if (connection.isIdle) connection.destroy();
    });
  }

  closeAllConnections(): void {
    this.#connections.forEach((connection) => connection.destroy());
  }

  /** After a round of reading, by the time before it: what came while this process was held up is here in time. */
  #checkDeadlines(nowMs: number): void {
    setImmediate(() => this.#connections.forEach((connection) => connection.checkDeadline(nowMs)));
  }
}
