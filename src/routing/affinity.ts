/**
 * Affinity: a session stays at the target that served it last, because the provider's prompt cache is warm there.
 *
 * Bounded: the session that was silent longest goes first.
 */
import { BoundedMap } from "../core/collections/bounded-map.ts";
import { isSameTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";

export interface AffinitySettings {
  readonly ttlMs: number;
  readonly maxSessions: number;
}

export interface Affinity {
  /** The target that served this session and rule last, if that was within the time to live. */
  find(session: string, rule: string): Target | null;
  /** Whether there was something to write down: a new target, or an entry that had to be renewed. */
  remember(session: string, rule: string, target: Target): boolean;
  /** Looks up what other instances know of a session; null where there is nothing to wait for. Never rejects. */
  load(session: string): Promise<void> | null;
  size(): number;
}

/** An entry is renewed once this share of its time to live is left. */
const freshShare = 15 / 16;

/** `ageMs`: how old things are; it must not go back. */
export function createAffinity(settings: AffinitySettings, ageMs: () => number): Affinity {
  const entries = new BoundedMap<{ readonly target: Target; readonly endsAtAgeMs: number }>(settings.maxSessions);
  return {
    find(session, rule) {
      const entry = entries.get(keyOf(session, rule));
      return entry !== undefined && entry.endsAtAgeMs > ageMs() ? entry.target : null;
    },
    remember(session, rule, target) {
      const nowAgeMs = ageMs();
      const key = keyOf(session, rule);
      const known = entries.get(key);
      // Most calls change nothing: a table that is rewritten at each call costs more than the look-up.
      const isFresh = known !== undefined && known.endsAtAgeMs > nowAgeMs + settings.ttlMs * freshShare;
      if (isFresh && isSameTarget(known.target, target)) return false;
      entries.set(key, { target, endsAtAgeMs: nowAgeMs + settings.ttlMs });
      return true;
    },
    load: () => null,
    size: () => entries.size,
  };
}

/** Session ids are the client's own words: a NUL keeps them apart from the rule's name. */
function keyOf(session: string, rule: string): string {
  return `${session}\0${rule}`;
}
