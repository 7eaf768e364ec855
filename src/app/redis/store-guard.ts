/**
 * Guards Redis, which calls ask on their way: no command is waited for longer than the patience, and while it is silent or
 * refuses it is left alone until a probe of the guard's own is answered, so that no call finds out for it.
 *
 * closed --(three silences in a row, or a refusal)--> open --(a probe is answered)--> closed
 */
import type { Clock } from "../../core/time/clock.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import { storePatienceMs } from "../../gateway/limits/store-patience.ts";

const silencesToOpen = 3;
/** A timer that comes so much later than it should tells of a busy process. */
const lateTimerMs = 10;

export interface StoreGuardOptions {
  readonly clock: Clock;
  /** Whether Redis itself answered with an error: all others say that it could not be asked. */
  readonly isAnswer: (error: unknown) => boolean;
  /** Whether such an answer means that it cannot work: full, read-only, loading. */
  readonly isRefusal: (error: unknown) => boolean;
}

export interface StoreGuard {
  /**
   * `send`'s answer. Rejects with GatewayError `dependency_store_unreachable` at once while the guard is open, and after the
   * patience without an answer; errors that say something else than that the store cannot work come as they are.
   */
  run<Answer>(send: () => Promise<Answer>): Promise<Answer>;
  /** Asks although the guard may be open: an answer closes it. Never rejects; true where the store answered. */
  probe(send: () => Promise<unknown>): Promise<boolean>;
  /** Why nothing is asked at the moment; null while the store works. */
  trouble(): string | null;
}

/** A guard that trusts Redis at first. */
export function createStoreGuard({ clock, isAnswer, isRefusal }: StoreGuardOptions): StoreGuard {
  let silences = 0;
  let trouble: string | null = null;
  const onAnswer = (): void => {
    silences = 0;
  };
  const unreachable = (message: string, cause?: unknown): GatewayError =>
    new GatewayError("dependency_store_unreachable", message, { cause });
  const onError = (error: unknown): Error => {
    silences = 0;
    if (isRefusal(error)) trouble = `Redis refuses: ${messageOf(error)}`;
    else if (isAnswer(error)) return error instanceof Error ? error : new Error(String(error));
    return unreachable(messageOf(error), error);
  };
  const onSilence = (): void => {
    if (++silences >= silencesToOpen) trouble = `Redis does not answer within ${storePatienceMs} ms`;
  };
  const limited = <Answer>(send: () => Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        onSilence();
        reject(unreachable(`Redis did not answer within ${storePatienceMs} ms`));
      };
      const stop = limitWait(giveUp, clock);
      send().then(
        (answer) => {
          stop();
          onAnswer();
          resolve(answer);
        },
        (error: unknown) => {
          stop();
          reject(onError(error));
        },
      );
    });
  return {
    run: (send) => (trouble === null ? limited(send) : Promise.reject(unreachable(trouble))),
    async probe(send) {
      try {
        await limited(send);
        trouble = null;
        return true;
      } catch {
        return false;
      }
    },
    trouble: () => trouble,
  };
}

/**
 * Calls `giveUp` after the patience, unless it is stopped. Time in which this process was busy with other things is not
 * the store's: a timer that came late waits once more, and one round of reading goes before the verdict.
 */
function limitWait(giveUp: () => void, clock: Clock): () => void {
  let isOver = false;
  const startedAt = clock.monotonicMs();
  const decide = (): void => {
    if (!isOver) giveUp();
  };
  let timer = setTimeout(() => {
    const lateMs = clock.monotonicMs() - startedAt - storePatienceMs;
    if (lateMs < lateTimerMs) setImmediate(decide);
    else timer = setTimeout(() => setImmediate(decide), storePatienceMs);
  }, storePatienceMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
