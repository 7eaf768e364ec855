/** The answer cache of the process, which outlives configurations. */
import { AnswerCache } from "../../cache/answer-cache.ts";
import type { ClearFilter } from "../../cache/answer-store.ts";
import { MemoryAnswerStore } from "../../cache/memory.ts";
import { RedisAnswerStore } from "../../cache/redis.ts";
import { TwoLevelStore } from "../../cache/two-level.ts";
import type { CacheConfig, Config } from "../../config/schema.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { CallAnswerCache } from "../../gateway/answer-caching.ts";
import type { InstanceNews } from "../sharing/instance-news.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";

export interface ProcessCache {
  readonly answers: CallAnswerCache;
  /** Takes over the settings of a configuration. Whether answers go to Redis takes a restart. */
  configure(config: Config): void;
  /** Drops answers here and at all instances that share Redis. Rejects with Error where Redis cannot be asked. */
  clear(filter: ClearFilter): Promise<number>;
}

/** Of the news by which instances tell each other. */
const subject = "answers-cleared";

/** The process's cache. It costs nothing while it is off. `news`: whom to tell of a clearing, and who tells of theirs. */
export function createProcessCache(
  { cache }: Config,
  redis: RedisConnection | null,
  news: InstanceNews,
  clock: Clock,
): ProcessCache {
  const l1 = new MemoryAnswerStore(cache.l1.maxBytes);
  const l2 = redis === null || !cache.l2.enabled ? null : createL2(cache, redis, clock);
  const store = new TwoLevelStore(l1, l2, timesOf(cache), clock);
  const answers: CallAnswerCache = new AnswerCache(store, cache.l1.maxBytes);
  hearClearings(news, answers);
  return {
    answers,
    configure(next) {
      l1.configure(next.cache.l1.maxBytes);
      answers.held.configure(next.cache.l1.maxBytes);
      store.configure(timesOf(next.cache));
    },
    async clear(filter) {
      try {
        return await answers.clear(filter);
      } finally {
        news.tell(subject, { ...filter });
      }
    },
  };
}

function createL2(cache: CacheConfig, { commands, keyPrefix }: RedisConnection, clock: Clock): RedisAnswerStore {
  return new RedisAnswerStore({
    client: commands,
    keyPrefix,
    compressAboveBytes: cache.l2.compressAboveBytes,
    clock,
  });
}

function timesOf({ l1, l2 }: CacheConfig): { readonly l1TtlMs: number; readonly l2TtlMs: number } {
  return { l1TtlMs: l1.ttlMs, l2TtlMs: l2.ttlMs };
}

/** What another instance has dropped may stand in memory here. */
function hearClearings(news: InstanceNews, answers: CallAnswerCache): void {
  news.listen(subject, {
    onMessage({ model, user }) {
      const filter = { model: textOf(model), user: textOf(user) };
      void answers.clearMemory(filter);
    },
    // A clearing may have been missed: memory begins anew, Redis fills it again.
    onStart: () => void answers.clearMemory({}),
  });
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
