/** The targets of sessions of all workers, in the parent. Bounded: the session that was silent longest goes first. */
import type { Target } from "../../core/target.ts";
import type { AffinitySettings } from "../../routing/affinity.ts";
import type { SessionTarget } from "../../routing/shared-affinity.ts";

export interface SessionMemory {
  load(session: string, nowMs: number): readonly SessionTarget[];
  save(session: string, found: SessionTarget, nowMs: number): void;
}

export function createSessionMemory({ ttlMs, maxSessions }: AffinitySettings): SessionMemory {
  const sessions = new Map<string, { readonly targets: Map<string, Target>; untilMs: number }>();
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
      sessions.delete(session);
      sessions.set(session, known);
      if (sessions.size > maxSessions) sessions.delete(sessions.keys().next().value as string);
    },
  };
}
