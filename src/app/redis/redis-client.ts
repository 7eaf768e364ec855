/** Clients of Redis by the settings: one server, the master that Sentinel names, or a cluster; plain or with TLS. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { Cluster, Redis } from "ioredis";
import type { ClusterOptions } from "ioredis";
import type { RedisConfig } from "../../config/schema.ts";
import { socketHost } from "../../core/http/socket-host.ts";

export type IoRedis = Redis | Cluster;

type NodeOptions = Omit<NonNullable<ClusterOptions["redisOptions"]>, "replyMapping">;

interface Node {
  readonly host: string;
  readonly port: number;
}

const redisPort = 6379;
const sentinelPort = 26_379;
const reconnectPatienceMs = 2_000;

/**
 * A client that fails at once while it has no connection, and goes on trying to get one. It is not connected yet.
 * Throws Error where `caFile` cannot be read.
 */
export function createRedisClient(config: RedisConfig): IoRedis {
  const shared = commonOptions(config);
  const address = nodeAt(config.url, redisPort);
  if (config.cluster !== null) {
    return new Cluster([address, ...config.cluster.nodes.map((node) => nodeAt(`redis://${node}`, redisPort))], {
      lazyConnect: true,
      enableOfflineQueue: false,
      slotsRefreshTimeout: reconnectPatienceMs,
      clusterRetryStrategy: backOff,
      // A failed node is told of at once: the guard decides what to do, not a queue of retries.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      maxRedirections: 3,
      redisOptions: shared,
    });
  }
  const options = { ...shared, enableOfflineQueue: false, lazyConnect: true, retryStrategy: backOff };
  if (config.sentinel === null) return new Redis({ ...options, ...address, db: databaseOf(config.url) });
  const { nodes, name, password } = config.sentinel;
  return new Redis({
    ...options,
    db: databaseOf(config.url),
    sentinels: nodes.map((node) => nodeAt(`redis://${node}`, sentinelPort)),
    name,
    ...(password === null ? {} : { sentinelPassword: password }),
    sentinelRetryStrategy: backOff,
    sentinelCommandTimeout: reconnectPatienceMs,
    sentinelMaxConnections: 2,
  });
}

/** A second connection for news: it keeps its subscriptions and waits for its connection. Not connected yet. */
export function createSubscriber(client: IoRedis): IoRedis {
  if (client instanceof Cluster) return client.duplicate([], { lazyConnect: true, enableOfflineQueue: true });
  return client.duplicate({ lazyConnect: true, enableOfflineQueue: true, maxRetriesPerRequest: null });
}

/** The nodes that hold keys. */
export function mastersOf(client: IoRedis): readonly IoRedis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

/** What Redis itself answered; null for an error of the way to it. */
export function refusalOf(error: unknown): string | null {
  return error instanceof Error && error.name === "ReplyError" ? error.message : null;
}

function commonOptions({ url, caFile }: RedisConfig): NodeOptions {
  const { username, password, protocol } = new URL(url);
  const tls: ConnectionOptions = caFile === null ? {} : { ca: readFileSync(caFile) };
  return {
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: reconnectPatienceMs,
    connectionName: "ccr",
    // A master that became a replica: the address leads to another one now.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls } : {}),
  };
}

function databaseOf(url: string): number {
  return Number(new URL(url).pathname.slice(1)) || 0;
}

/** `url`: `redis://` or `rediss://` before `host`, `host:port` or `[address]:port`. */
function nodeAt(url: string, defaultPort: number): Node {
  const at = new URL(url);
  return { host: socketHost(at), port: at.port === "" ? defaultPort : Number(at.port) };
}

function backOff(attempts: number): number {
  return Math.min(100 * 2 ** Math.min(attempts, 5), reconnectPatienceMs);
}
