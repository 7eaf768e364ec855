/** The targets of sessions of all workers, in the parent. Bounded: the session that was silent longest goes first. */
import { BoundedMap } from "../../core/collections/bounded-map.ts";
import type { Target } from "../../core/target.ts";
import type { AffinitySettings } from "../../routing/affinity.ts";
import type { SessionTarget } from "../../routing/shared-affinity.ts";

export interface SessionMemory {
  load(session: string, nowMs: number): readonly SessionTarget[];
  save(session: string, found: SessionTarget, nowMs: number): void;
}

/** Empty at first. A session is forgotten `ttlMs` after it was saved last. */
export function createSessionMemory({ ttlMs, maxSessions }: AffinitySettings): SessionMemory {
  const sessions = new BoundedMap<{ readonly targets: Map<string, Target>; untilMs: number }>(maxSessions);
  return {
    load(session, nowMs) {
      const known = sessions.get(session);
      if (known === undefined || known.untilMs <= nowMs) return [];
      return [...known.targets].map(([rule, target]) => ({ rule, target }));
    },
    save(session, { rule, target }, nowMs) {
      const known = sessions.get(session) ?? { targets: new Map<string, Target>(), untilMs: 0 };
      known.targets.set(rule, target);
      known.untilMs = nowMs + ttlMs;
      sessions.set(session, known);
    },
  };
}
