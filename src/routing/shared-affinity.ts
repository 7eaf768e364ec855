/**
 * Affinity over several instances: what one remembers is saved for all, and a session that is new here is looked up
 * once. What is known here costs nothing.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import { isSameTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import { createAffinity } from "./affinity.ts";
import type { Affinity, AffinitySettings } from "./affinity.ts";

export interface SessionTarget {
  readonly rule: string;
  readonly target: Target;
}

/** Where the targets of sessions are kept for all instances. */
export interface SessionStore {
  /** Rejects where it cannot be asked. */
  load(session: string): Promise<readonly SessionTarget[]>;
  /** Never throws, never waits. `isMove`: instances that know the session must hear of it. */
  save(session: string, found: SessionTarget, ttlMs: number, isMove: boolean): void;
}

export interface SharedAffinity extends Affinity {
  /** Takes over where another instance saw a session move, if it is known here. */
  learn(session: string, found: SessionTarget): void;
  /** What others told may have been missed: every session is looked up anew. */
  doubt(): void;
}

/** `ageMs`: how old things are; it must not go back. */
export function createSharedAffinity(
  settings: AffinitySettings,
  store: SessionStore,
  ageMs: () => number,
): SharedAffinity {
  const local = createAffinity(settings, ageMs);
  /** Sessions that were looked up or remembered here, and until which age that is good. */
  const known = new BoundedMap<number>(settings.maxSessions);
  const note = (session: string): void => known.set(session, ageMs() + settings.ttlMs);
  return {
    find: (session, rule) => local.find(session, rule),
    size: () => local.size(),
    load(session) {
      if ((known.get(session) ?? 0) > ageMs()) return null;
      return store.load(session).then(
        (found) => {
          note(session);
          for (const { rule, target } of found) local.remember(session, rule, target);
        },
        () => undefined, // asked again with its next call
      );
    },
    remember(session, rule, target) {
      const before = local.find(session, rule);
      const isWritten = local.remember(session, rule, target);
      if (!isWritten) return false;
      note(session);
      store.save(session, { rule, target }, settings.ttlMs, before !== null && !isSameTarget(before, target));
      return true;
    },
    doubt: () => known.clear(),
    learn(session, { rule, target }) {
      if (known.get(session) !== undefined) local.remember(session, rule, target);
    },
  };
}
