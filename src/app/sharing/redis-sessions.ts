/** The targets of sessions in Redis: one hash for each session, by rule. */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { SessionStore, SessionTarget } from "../../routing/shared-affinity.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";

/** A session's id is the client's own word: a longer one is no session worth keeping. */
const maxSessionLength = 200;

/** `tellMove` hears of sessions that moved. */
export function createRedisSessions(
  redis: RedisConnection,
  tellMove: (session: string, found: SessionTarget) => void,
): SessionStore {
  const { commands, keyPrefix } = redis;
  const keyOf = (session: string): string => `${keyPrefix}session:${session}`;
  return {
    async load(session) {
      if (session.length > maxSessionLength) return [];
      const fields = await commands.call("HGETALL", [keyOf(session)]);
      return Array.isArray(fields) ? toTargets(fields.map(String)) : [];
    },
    save(session, found, ttlMs, isMove) {
      if (session.length > maxSessionLength) return;
      const key = keyOf(session);
      const saved = commands.call("HSET", [key, found.rule, JSON.stringify(found.target)]);
      void saved.catch(() => undefined); // the next call tells it again
      void commands.call("PEXPIRE", [key, ttlMs]).catch(() => undefined);
      if (isMove) tellMove(session, found);
    },
  };
}

/** Names and values by turns. */
function toTargets(fields: readonly string[]): SessionTarget[] {
  const found: SessionTarget[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const target = parseJson(fields[index + 1]!);
    if (!isJsonObject(target)) continue;
    const { provider, model } = target;
    if (typeof provider === "string" && typeof model === "string") {
      found.push({ rule: fields[index]!, target: { provider, model } });
    }
  }
  return found;
}
