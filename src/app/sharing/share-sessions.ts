/** The affinity of the process: by itself, or shared with other instances through Redis. */
import { createAgeClock } from "../../core/time/clock.ts";
import type { Clock } from "../../core/time/clock.ts";
import { createAffinity } from "../../routing/affinity.ts";
import type { Affinity, AffinitySettings } from "../../routing/affinity.ts";
import { createSharedAffinity } from "../../routing/shared-affinity.ts";
import type { SessionTarget, SharedAffinity } from "../../routing/shared-affinity.ts";
import type { InstanceNews } from "./instance-news.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";
import { createRedisSessions } from "./redis-sessions.ts";

const subject = "sessions";

export function createProcessAffinity(
  settings: AffinitySettings,
  redis: RedisConnection | null,
  news: InstanceNews,
  clock: Clock,
): Affinity {
  const ageMs = createAgeClock(clock);
  if (redis === null) return createAffinity(settings, ageMs);
  const store = createRedisSessions(redis, (session, found) => tellMove(news, session, found));
  const affinity = createSharedAffinity(settings, store, ageMs);
  hearMoves(news, affinity);
  return affinity;
}

/** Tells others that a session moved, for `hearMoves` there. */
export function tellMove(news: InstanceNews, session: string, { rule, target }: SessionTarget): void {
  news.tell(subject, { session, rule, ...target });
}

/** Lets `affinity` hear of sessions that move elsewhere. */
export function hearMoves(news: InstanceNews, affinity: SharedAffinity): void {
  news.listen(subject, {
    onStart: () => affinity.doubt(),
    onMessage: ({ session, rule, provider, model }) => {
      const isWhole = [session, rule, provider, model].every((part) => typeof part === "string");
      if (!isWhole) return;
      const target = { provider: provider as string, model: model as string };
      affinity.learn(session as string, { rule: rule as string, target });
    },
  });
}
