/** News of instances by Redis's channels. */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { InstanceNews } from "./instance-news.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";

/** Of this process's own messages none comes back: each names the process that told it. */
export function createRedisNews(redis: RedisConnection): InstanceNews {
  const channelOf = (subject: string): string => `${redis.keyPrefix}news:${subject}`;
  return {
    tell(subject, message) {
      redis.publish(channelOf(subject), JSON.stringify({ ...message, from: redis.processId }));
    },
    listen(subject, { onMessage, onStart }) {
      redis.subscribe(channelOf(subject), {
        onStart: () => onStart?.(),
        onMessage: (text) => {
          const message = parseJson(text);
          if (isJsonObject(message) && message["from"] !== redis.processId) onMessage(message);
        },
      });
    },
  };
}
