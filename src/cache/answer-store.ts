/**
 * A store of finished answers: what it keeps, and what it promises.
 *
 * An answer stands in it once, as the provider's bytes, and is rendered for each client when it is asked for.
 */
import type { Dialect } from "../core/dialect.ts";
import type { Endpoint } from "../core/record.ts";
import { formatTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import type { Usage } from "../core/usage.ts";

/** A finished, successful answer. */
export interface KeptAnswer {
  /** Who gave it. */
  readonly target: Target;
  /** The provider's. */
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  /** Whether `body` is a stream of events, as it came, or one JSON document. */
  readonly isStream: boolean;
  readonly body: Buffer;
  readonly facts: KeptFacts;
  /** When the pieces of a stream came; empty for what came at once. */
  readonly pace: readonly PaceMark[];
  /** Unix milliseconds. */
  readonly keptAtMs: number;
  /** By the clock that the store is asked with: Unix milliseconds where others read it too. */
  readonly expiresAtMs: number;
  /** The user whose call paid for it, and the model that was asked for: to find it when it is to be dropped. */
  readonly user: string;
  readonly askedModel: string;
}

/** What the record of a call tells of its answer. */
export interface KeptFacts {
  readonly answeredModel: string | null;
  readonly answerId: string | null;
  readonly stopReason: string | null;
  readonly usage: Usage | null;
  /** Whether the counts are the router's own estimate. */
  readonly isUsageEstimated: boolean;
  /** The tier of service that answered, where it is not the usual one: it may have prices of its own. */
  readonly serviceTier?: string | null;
  readonly outputCharacters: number;
}

/** `bytes` of the body had come `afterMs` after its first byte. */
export interface PaceMark {
  readonly afterMs: number;
  readonly bytes: number;
}

/** Which answers are dropped: those that match each condition that is given. */
export interface ClearFilter {
  /** As asked for, or the answering model, or `provider/model`. */
  readonly model?: string | undefined;
  readonly user?: string | undefined;
}

export interface AnswerStore {
  /** A fresh answer; null for none, and where the store cannot be asked. Never rejects. */
  find(key: string, nowMs: number): Promise<KeptAnswer | null>;
  /** Keeps an answer until it expires, or until others need its place. Never rejects. */
  keep(key: string, answer: KeptAnswer, nowMs: number): Promise<void>;
  /** Drops answers; tells how many. Rejects with Error where the store cannot be asked. */
  clear(filter: ClearFilter): Promise<number>;
  stats(): StoreStats;
}

/** Counts since the start. */
export interface StoreStats {
  readonly hits: number;
  readonly misses: number;
  /** Answers that went before their time because others needed their place. */
  readonly evictions: number;
  /** Times that the store could not do what it was asked. */
  readonly errors: number;
  /** null: only the server of the store knows. */
  readonly entries: number | null;
  /** Bytes kept; null: only the server of the store knows. */
  readonly bytes: number | null;
  /** Of look-ups, on average; null before the first, and where nobody measures it. */
  readonly averageLookupMs: number | null;
}

/** Whether `answer` is one of those to be dropped. */
export function isMatch(
  { model, user }: ClearFilter,
  answer: Pick<KeptAnswer, "target" | "user" | "askedModel">,
): boolean {
  if (user !== undefined && user !== answer.user) return false;
  if (model === undefined) return true;
  const { target, askedModel } = answer;
  return [askedModel, target.model, formatTarget(target)].includes(model);
}
