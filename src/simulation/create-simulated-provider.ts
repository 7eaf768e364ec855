/**
 * A simulated provider: an HTTP server on loopback that answers as one of the known providers does.
 *
 * Everything that it does can be changed while it runs (behaviour.ts), everything that it gets can be read
 * (`requests`, `aborted`, `counts`), and recorded answers can be replayed in any cut (sending/replay.ts). The answers'
 * content follows from the request and the seed. A call comes in at `calls/`, is answered by what `answers/` plans in
 * the words of its profile (`anthropic/`, `openai-chat/`, `openai-responses/`), and goes out through `sending/`.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "../core/time/clock.ts";
import type { Clock } from "../core/time/clock.ts";
import { anthropicProfile } from "./anthropic/profile.ts";
import { changeBehaviour, defaultBehaviour } from "./behaviour.ts";
import type { Behaviour, BehaviourChange } from "./behaviour.ts";
import { CallDesk } from "./calls/call-desk.ts";
import type { Profiles } from "./calls/call-desk.ts";
import { deepseekProfile } from "./openai-chat/deepseek.ts";
import { groqProfile } from "./openai-chat/groq.ts";
import { openaiProfile } from "./openai-chat/openai.ts";
import { openaiResponsesProfile } from "./openai-responses/profile.ts";
import type { SimulatedProviderKind } from "./profile.ts";
import type { Recording } from "./sending/replay.ts";
import type { AbortedRequest, ReceivedRequest } from "./calls/request-log.ts";

export interface SimulatedProviderOptions {
  readonly kind: SimulatedProviderKind;
  /** 0 (any free one) if left out. */
  readonly port?: number;
  /** What it starts with, in place of fast and flawless. */
  readonly behaviour?: BehaviourChange;
  /** Same seed and same requests: same answers. */
  readonly seed?: number;
  /** How many requests it remembers (200). */
  readonly keepRequests?: number;
  /** Ages cache entries and rate windows, and stamps answers. */
  readonly clock?: Clock;
  /** Serves HTTPS with this certificate. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
}

export interface SimulatedCounts {
  readonly openConnections: number;
  /** Connections since the start. */
  readonly connections: number;
  readonly requests: number;
  /** Answers that have not ended. */
  readonly running: number;
  readonly aborted: number;
}

export interface SimulatedProvider {
  readonly kind: SimulatedProviderKind;
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** What a client of this provider is given as its base URL. */
  readonly baseUrl: string;
  readonly behaviour: Behaviour;
  /** Changes some fields from now on. Throws a RangeError that names a wrong field. */
  behave(change: BehaviourChange): void;
  /** The same for the next `count` (1) calls to the model only, queued behind earlier ones. */
  behaveNext(change: BehaviourChange, count?: number): void;
  /** The behaviour it started with; the queue is emptied. */
  resetBehaviour(): void;
  /** Answers the next `count` (1) calls to the model with a recorded answer. */
  replay(recording: Recording, count?: number): void;
  /** The last requests, the oldest first; control requests are not among them. */
  readonly requests: readonly ReceivedRequest[];
  /** The last requests whose client left early, the oldest first. */
  readonly aborted: readonly AbortedRequest[];
  counts(): SimulatedCounts;
  /** Forgets requests, aborts and the prompt cache. */
  forget(): void;
  /** Refuses connections and drops the open ones, until `listenAgain`. */
  stopListening(): Promise<void>;
  /** Listens again on the same port. */
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

const profilesOfKind: Readonly<Record<SimulatedProviderKind, Profiles>> = {
  anthropic: [anthropicProfile],
  openai: [openaiProfile, openaiResponsesProfile],
  groq: [groqProfile],
  deepseek: [deepseekProfile],
};

/** The kinds that can be simulated. */
export const simulatedProviderKinds: readonly SimulatedProviderKind[] = ["anthropic", "openai", "groq", "deepseek"];

/** Starts one. Rejects with the system's error if the port is taken. */
export async function createSimulatedProvider(options: SimulatedProviderOptions): Promise<SimulatedProvider> {
  const profiles = profilesOfKind[options.kind];
  const start = changeBehaviour(defaultBehaviour, options.behaviour ?? {});
  const desk = new CallDesk(profiles, start, {
    seed: options.seed ?? 1,
    keepRequests: options.keepRequests ?? 200,
    clock: options.clock ?? systemClock,
  });
  const sockets = new Set<Socket>();
  let connections = 0;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => desk.receive(request, response);
  const server = options.tls === undefined ? createServer(onRequest) : createTlsServer(options.tls, onRequest);
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
  });
  // A client that breaks off within its own request: nothing to answer.
  server.on("clientError", (_error, socket) => void socket.destroy());
  const port = await listen(server, options.port ?? 0);
  const origin = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  return {
    kind: options.kind,
    port,
    origin,
    baseUrl: origin + profiles[0].basePath,
    get behaviour() {
      return desk.behaviour;
    },
    behave: (change) => desk.behave(change),
    behaveNext: (change, count) => desk.behaveNext(change, count),
    resetBehaviour: () => desk.resetBehaviour(),
    replay: (recording, count) => desk.replay(recording, count),
    get requests() {
      return desk.requests;
    },
    get aborted() {
      return desk.aborted;
    },
    counts: () => ({ openConnections: sockets.size, connections, ...desk.counts() }),
    forget: () => desk.forget(),
    stopListening: () => stopListening(server, sockets),
    listenAgain: async () => {
      await listen(server, port);
    },
    close: async () => {
      desk.close();
      await stopListening(server, sockets);
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function stopListening(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
