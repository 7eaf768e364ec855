/**
 * The connection to Redis that the parts of the process share.
 *
 * A call never fails for it, and waits 50 ms at most: while Redis is away, silent or full commands fail at once
 * (store-guard.ts). This file asks it meanwhile whether it is well again, and connects anew where it stays silent: the
 * address may lead to another server by now (a fail-over).
 */
import { randomUUID } from "node:crypto";
import type { RedisConfig } from "../../config/schema.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import { withinTime } from "../../core/time/within-time.ts";
import type { RedisClient } from "../../core/redis-script.ts";
import { createRedisClient, createSubscriber, refusalOf } from "./redis-client.ts";
import type { IoRedis } from "./redis-client.ts";
import { unhurriedCommands } from "./redis-unhurried.ts";
import type { AnyCommand, UnhurriedCommands } from "./redis-unhurried.ts";
import { createStoreGuard } from "./store-guard.ts";
import type { StoreGuard } from "./store-guard.ts";

/** What the parts may send. Every command is answered, or rejects, within the patience of the guard. */
export interface RedisCommands extends RedisClient, AnyCommand {
  /** What no call waits for: each command has five seconds, and is sent while calls leave Redis alone, too. */
  readonly unhurried: UnhurriedCommands;
}

export interface RedisListener {
  readonly onMessage: (message: string) => void;
  readonly onStart: () => void;
}

/** In place of messages that nobody heard. An object, as all messages are: routers of before read it as one. */
const lostMessage = JSON.stringify({ kind: "lost" });
/** The client's own word for a command without a connection: never the reason. */
const notSent = "Stream isn't writeable";
const probeEveryMs = 250;
/** So many probes in a row without an answer, and the connection is made anew. */
const silencesToReconnect = 6;
/** How long a start waits for the connection; it comes about later all the same. */
const connectPatienceMs = 1_000;
/** What Redis says when it is there and cannot work. */
const refusals =
  /^(OOM|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOPERM|MISCONF|NOREPLICAS|BUSY|ERR max number of clients)\b/;

/** Connects, or goes on trying: resolves in either case after a second at most. */
export async function connectRedis(config: RedisConfig, clock: Clock, logger: Logger): Promise<RedisConnection> {
  const client = createRedisClient(config);
  const isRefusal = (error: unknown): boolean => error instanceof Error && refusals.test(error.message);
  const isAnswer = (error: unknown): boolean => refusalOf(error) !== null;
  const guard = createStoreGuard({ clock, isAnswer, isRefusal });
  const connection = new RedisConnection(client, guard, config.keyPrefix, logger);
  await withinTime(client.connect(), connectPatienceMs).catch(() => undefined);
  return connection;
}

/** Made by `connectRedis`. */
export class RedisConnection {
  readonly commands: RedisCommands;
  /** Before every key and channel. */
  readonly keyPrefix: string;
  /** Unique among all processes that were and are. */
  readonly processId: string = randomUUID();
  readonly #client: IoRedis;
  readonly #guard: StoreGuard;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners = new Map<string, RedisListener>();
  /** Channels with messages that Redis did not take. */
  readonly #untold = new Set<string>();
  #subscriber: IoRedis | null = null;
  /** Whether it may be another server's by now than the commands' one, which was lost since. */
  #isSubscriberOld = false;
  #lastError = "not connected yet";
  #told: string | null = null;
  #silentProbes = 0;
  /** What Redis said when it refused a channel's news, or to tell some; null while it does neither. */
  readonly #newsRefused: { hearing: string | null; telling: string | null } = { hearing: null, telling: null };

  constructor(client: IoRedis, guard: StoreGuard, keyPrefix: string, logger: Logger) {
    this.#client = client;
    this.#guard = guard;
    this.#logger = logger;
    this.keyPrefix = keyPrefix;
    this.commands = {
      eval: (script, keyCount, ...rest) => guard.run(() => client.eval(script, keyCount, ...rest)),
      evalsha: (sha, keyCount, ...rest) => guard.run(() => client.evalsha(sha, keyCount, ...rest)),
      call: (command, values) => guard.run(() => client.call(command, [...values])),
      callBuffer: (command, values) => guard.run(() => client.callBuffer(command, [...values])),
      unhurried: unhurriedCommands(client, () => this.trouble()),
    };
    client.on("error", (error: Error) => {
      if (!error.message.startsWith(notSent)) this.#lastError = error.message;
      // The client would go on with database 0, which belongs to somebody else.
      if (isRefusedSelect(error)) client.disconnect(true);
      this.#tell();
    });
    client.on("ready", () => {
      this.#lastError = "the connection was lost"; // until an error says more
      this.#tell();
    });
    client.on("close", () => void (this.#isSubscriberOld = true));
    this.#timer = setInterval(() => void this.#look(), probeEveryMs).unref();
  }

  /** Whether commands are sent at the moment. */
  isUp(): boolean {
    return this.#client.status === "ready" && this.#guard.trouble() === null;
  }

  /** Why they are not, or what else Redis refuses, in words; null while all is well. */
  trouble(): string | null {
    if (this.#client.status !== "ready") return this.#lastError;
    return this.#guard.trouble() ?? this.#newsRefusal();
  }

  /**
   * Tells all who hear `channel`. Nobody waits for it. What Redis does not take is lost; once it is back all who hear the
   * channel, this process among them, are told that there was something: a new beginning for each.
   */
  publish(channel: string, message: string): void {
    if (!this.isUp()) return void this.#untold.add(channel);
    // Not by way of the guard: calls need not do without a Redis that only refuses to tell news.
    this.#client.publish(channel, message).then(
      () => void (this.#newsRefused.telling = null),
      (error: unknown) => {
        this.#newsRefused.telling = refusalOf(error) ?? this.#newsRefused.telling;
        this.#untold.add(channel);
      },
    );
  }

  /** Hears each message of `channel`, and of each new beginning: what was said in between is lost. */
  subscribe(channel: string, listener: RedisListener): void {
    this.#listeners.set(channel, listener);
    this.#subscriber ??= this.#startSubscriber();
    void this.#hear(this.#subscriber, channel);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#subscriber?.disconnect();
    this.#client.disconnect();
  }

  #startSubscriber(): IoRedis {
    const subscriber = createSubscriber(this.#client);
    subscriber.on("error", () => undefined); // the other connection tells
    subscriber.on("message", (channel: string, message: string) => {
      const listener = this.#listeners.get(channel);
      if (message === lostMessage) listener?.onStart();
      else listener?.onMessage(message);
    });
    subscriber.on("ready", () => this.#hearAll(subscriber));
    void subscriber.connect().catch(() => undefined);
    return subscriber;
  }

  #hearAll(subscriber: IoRedis): void {
    for (const [channel, { onStart }] of this.#listeners) void this.#hear(subscriber, channel, onStart);
  }

  /** Done again with the next connection, and after a refusal with the next look. */
  async #hear(subscriber: IoRedis, channel: string, onStart?: () => void): Promise<void> {
    try {
      await subscriber.subscribe(channel);
      this.#newsRefused.hearing = null;
      onStart?.();
    } catch (error) {
      this.#newsRefused.hearing = refusalOf(error) ?? this.#newsRefused.hearing;
    }
  }

  /** While all is well: goes on with news where it could not. */
  #renewNews(): void {
    if (this.#isSubscriberOld) this.#subscriber?.disconnect(true);
    else if (this.#newsRefused.hearing !== null && this.#subscriber !== null) this.#hearAll(this.#subscriber);
    this.#isSubscriberOld = false;
    const channels = [...this.#untold];
    this.#untold.clear();
    for (const channel of channels) this.publish(channel, lostMessage);
  }

  #newsRefusal(): string | null {
    const { hearing, telling } = this.#newsRefused;
    const refusal = hearing ?? telling;
    return refusal === null ? null : `no news: ${refusal}`;
  }

  /** While something is wrong: is it well again? A write, since a full server still answers questions. */
  async #look(): Promise<void> {
    this.#tell();
    if (this.isUp()) {
      this.#silentProbes = 0;
      return this.#renewNews();
    }
    const key = `${this.keyPrefix}probe:${this.processId}`;
    const isWell = this.#client.status === "ready" && (await this.#probe(key));
    this.#silentProbes = isWell ? 0 : this.#silentProbes + 1;
    if (this.#silentProbes < silencesToReconnect) return this.#tell();
    this.#silentProbes = 0;
    this.#lastError = this.#guard.trouble() ?? this.#lastError;
    // A refusal comes over a connection that works; a client between two attempts is at it already.
    if (this.#client.status === "ready" || this.#client.status === "connect") {
      this.#client.disconnect(true);
    }
  }

  #probe(key: string): Promise<boolean> {
    return this.#guard.probe(() => this.#client.call("SET", [key, "1", "PX", 1_000]));
  }

  /** Tells when it goes away and when it is back, once each: attempts to reconnect fail many times. */
  #tell(): void {
    const trouble = this.trouble();
    if (trouble !== null && this.#told === null) {
      const what = this.isUp() ? "Redis is there and refuses a part" : "Redis is away: the router goes on without it";
      this.#logger.error({ error: trouble }, `${what} and tries again`);
    }
    if (trouble === null && this.#told !== null) this.#logger.info({}, "Redis is back");
    this.#told = trouble;
  }
}

function isRefusedSelect(error: Error): boolean {
  const command = "command" in error ? (error.command as { readonly name?: unknown } | undefined) : undefined;
  return command?.name === "select";
}
