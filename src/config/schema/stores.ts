/** Settings of Redis and the answer cache. */
import { z } from "zod";
import { ruleConditions } from "./routing.ts";
import type { RuleConditions } from "./routing.ts";
import { isNoAddress, flag, milliseconds, oneOrMany, orNull, text, wholeNumber } from "./values.ts";

export interface RedisConfig {
  readonly url: string;
  readonly keyPrefix: string;
  /** Absolute path. */
  readonly caFile: string | null;
  /** Nodes as `host:port`. */
  readonly sentinel: {
    readonly nodes: readonly string[];
    readonly name: string;
    readonly password: string | null;
  } | null;
  readonly cluster: { readonly nodes: readonly string[] } | null;
}

export interface CacheConfig {
  readonly enabled: boolean;
  readonly l1: { readonly maxBytes: number; readonly ttlMs: number };
  readonly l2: { readonly enabled: boolean; readonly ttlMs: number; readonly compressAboveBytes: number };
  readonly scope: "user" | "team" | "all";
  readonly singleFlight: boolean;
  readonly paced: boolean;
  readonly maxAnswerBytes: number;
  readonly rules: readonly CacheRuleConfig[];
}

export interface CacheRuleConfig {
  readonly when: RuleConditions;
  /** Names of the routing rules that placed the call. */
  readonly route?: readonly string[] | undefined;
  /** `provider/model`. */
  readonly target?: readonly string[] | undefined;
  readonly cache: boolean;
  readonly ttlMs: number | null;
}

/** `host`, `host:port` or `[address]:port`. */
const node = () =>
  z.string().regex(/^([^\s:/@[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/, { error: "must be host:port, without redis://" });

function hasHostAndDatabase(value: string): boolean {
  if (!URL.canParse(value)) return true; // said already
  const { hostname, pathname, search, hash } = new URL(value);
  return hostname !== "" && /^\/?\d*$/.test(pathname) && search === "" && hash === "";
}

export const redisSchema: z.ZodType<RedisConfig | null> = orNull(
  z
    .strictObject({
      url: z
        .string()
        .regex(/^rediss?:\/\//, { error: "must be a redis:// or rediss:// address" })
        .refine((value) => URL.canParse(value), { error: isNoAddress })
        .refine(hasHostAndDatabase, {
          error: "must be a host, and at most a port and the number of a database behind it",
        })
        .describe("Address, with user, password and database where needed; rediss:// for TLS."),
      keyPrefix: text().default("ccr:").describe("What all its keys start with."),
      caFile: orNull(text()).describe("Certificates (PEM) of authorities to trust for rediss://."),
      sentinel: orNull(
        z.strictObject({
          nodes: z.array(node()).min(1).describe("Sentinels, as host:port (default port 26379)."),
          name: text().default("mymaster").describe("Name of the group whose master is meant."),
          password: orNull(text()).describe("Password of the Sentinels themselves."),
        }),
      ).describe("Ask Sentinels where the master is; the host in `url` does not matter then."),
      cluster: orNull(
        z.strictObject({
          nodes: z.array(node()).default([]).describe("More nodes to begin with, as host:port."),
        }),
      ).describe("The server of `url` is one node of a cluster."),
    })
    .refine(({ sentinel, cluster }) => sentinel === null || cluster === null, {
      error: "sentinel and cluster exclude each other",
    }),
).describe("Redis, for several instances: answer cache, budgets, rate limits, news of breakers.");

export const cacheSchema: z.ZodType<CacheConfig> = z
  .strictObject({
    enabled: flag().default(false).describe("Whether equal calls may be answered from the cache."),
    l1: z
      .strictObject({
        maxBytes: wholeNumber(1024).default(67_108_864).describe("Memory it may take."),
        ttlMs: milliseconds().default(300_000).describe("How long an answer is good."),
      })
      .prefault({})
      .describe("The level in memory."),
    l2: z
      .strictObject({
        enabled: flag().default(true).describe("Whether answers go to Redis too, where `redis` is set."),
        ttlMs: milliseconds().default(3_600_000).describe("How long an answer is good."),
        compressAboveBytes: wholeNumber(0).default(4_096).describe("Larger answers are compressed (zstd)."),
      })
      .prefault({})
      .describe("The level in Redis."),
    scope: z
      .enum(["user", "team", "all"])
      .default("user")
      .describe("Who shares answers. A user without a team shares with itself alone."),
    singleFlight: flag().default(true).describe("Whether identical calls at the same time share one provider call."),
    paced: flag().default(false).describe("Whether a cached stream comes at the original's speed."),
    maxAnswerBytes: wholeNumber(1024)
      .default(4_194_304)
      .describe("Larger answers are not kept, and nobody joins them any more."),
    rules: z
      .array(
        z.strictObject({
          when: ruleConditions.prefault({}).describe("What a call must be; all given conditions must hold."),
          route: oneOrMany(text()).optional().describe("Names of the routing rule that placed it, or `*` patterns."),
          target: oneOrMany(text()).optional().describe("Where it goes first, as `provider/model` or `*` patterns."),
          cache: flag().describe("Whether such calls use the cache, whatever is safe by default."),
          ttlMs: orNull(milliseconds()).describe("How long such an answer is good, in both levels."),
        }),
      )
      .default([])
      .describe("First match wins; without one only answers that cannot be stale are cached (docs/cache.md)."),
  })
  .prefault({})
  .describe("The answer cache.");
