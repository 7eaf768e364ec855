/**
 * Affinity over several instances: what one remembers is saved for all, and a session that is new here is looked up
 * once. What is known here costs nothing.
 */
import { BoundedMap } from "../core/bounded-map.ts";
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
  learn(session: string, found: SessionTarget, nowMs: number): void;
  /** What others told may have been missed: every session is looked up anew. */
  doubt(): void;
}

export function createSharedAffinity(settings: AffinitySettings, store: SessionStore): SharedAffinity {
  const local = createAffinity(settings);
  /** Sessions that were looked up or remembered here, and until when that is good. */
  const known = new BoundedMap<number>(settings.maxSessions);
  const note = (session: string, nowMs: number): void => known.set(session, nowMs + settings.ttlMs);
  return {
    find: (session, rule, nowMs) => local.find(session, rule, nowMs),
    size: () => local.size(),
    load(session, nowMs) {
      if ((known.get(session) ?? 0) > nowMs) return null;
      return store.load(session).then(
        (found) => {
          note(session, nowMs);
          for (const { rule, target } of found) local.remember(session, rule, target, nowMs);
        },
        () => undefined, // asked again with its next call
      );
    },
    remember(session, rule, target, nowMs) {
      const before = local.find(session, rule, nowMs);
      const isWritten = local.remember(session, rule, target, nowMs);
      if (!isWritten) return false;
      note(session, nowMs);
      store.save(session, { rule, target }, settings.ttlMs, before !== null && !isSame(before, target));
      return true;
    },
    doubt: () => known.clear(),
    learn(session, { rule, target }, nowMs) {
      if (known.get(session) !== undefined) local.remember(session, rule, target, nowMs);
    },
  };
}

function isSame(one: Target, other: Target): boolean {
  return one.provider === other.provider && one.model === other.model;
}
