/**
 * Whether PostgreSQL answers: asked each second over a connection of its own, so that a server that hangs is known within
 * four seconds and by no call. While it is away nothing else is asked.
 *
 * up --(no answer in 2 s, or an error)--> away --(an answer)--> up; `read-only` where it answers and takes no rows, as a
 * standby does before it is promoted.
 */
import type { Clock } from "../../../core/time/clock.ts";
import { messageOf } from "../../../core/errors/message-of.ts";

export type PostgresState =
  | { readonly kind: "up" }
  | { readonly kind: "read-only" }
  | { readonly kind: "away"; readonly reason: string };

/** One connection that asks. */
export interface PostgresProbe {
  /** Whether rows can be written. Rejects where the server cannot be asked. */
  isWritable(): Promise<boolean>;
  /** Gives the connection up; the next question makes another one. */
  drop(): void;
}

export interface PostgresWatch {
  state(): PostgresState;
  /** Unix milliseconds since when it is not up; null while it is. */
  sinceMs(): number | null;
  close(): void;
}

const everyMs = 1_000;
const patienceMs = 2_000;
/** A timer that comes so much later than it should tells of a busy process, not of a slow server. */
const lateTimerMs = 50;

/** A watch that trusts its server. `onTrouble` hears of each time that it stops being up, and of each other reason. */
export function createPostgresWatch(
  probe: PostgresProbe,
  clock: Clock,
  onTrouble: (state: PostgresState) => void,
): PostgresWatch {
  let state: PostgresState = { kind: "up" };
  let sinceMs: number | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  const become = (next: PostgresState): void => {
    const isNew = next.kind !== state.kind;
    state = next;
    sinceMs = next.kind === "up" ? null : (sinceMs ?? clock.nowMs());
    if (isNew && next.kind !== "up") onTrouble(next);
  };
  const look = async (): Promise<void> => {
    try {
      const isWritable = await answerInTime(probe.isWritable(), clock);
      if (!isClosed) become({ kind: isWritable ? "up" : "read-only" });
      if (!isWritable) probe.drop(); // the address may lead to the new primary soon
    } catch (error) {
      probe.drop();
      if (!isClosed) become({ kind: "away", reason: messageOf(error) });
    }
    if (!isClosed) timer = setTimeout(() => void look(), everyMs).unref();
  };
  void look();
  return {
    state: () => state,
    sinceMs: () => sinceMs,
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      probe.drop();
    },
  };
}

/** `answer`, or a rejection after the patience. Time in which this process was busy is not the server's. */
function answerInTime<Answer>(answer: Promise<Answer>, clock: Clock): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout;
    const giveUp = (): void => reject(new Error(`PostgreSQL does not answer within ${patienceMs} ms`));
    const startedMs = clock.monotonicMs();
    timer = setTimeout(() => {
      const lateMs = clock.monotonicMs() - startedMs - patienceMs;
      // What has come meanwhile is read before the verdict.
      if (lateMs < lateTimerMs) setImmediate(giveUp);
      else timer = setTimeout(() => setImmediate(giveUp), patienceMs).unref();
    }, patienceMs).unref();
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
