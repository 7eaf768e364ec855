/** Removes calls that are older than the ledger keeps them, now and then. */
import type { Clock } from "../../core/time/clock.ts";
import { dayMs, hourMs } from "../../core/time/durations.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { Ledger } from "./ledger.ts";

export interface Retention {
  /** Removes what is too old now. Never rejects. */
  run(): Promise<void>;
  /** Ends it; waits for a removal that is under way. */
  close(): Promise<void>;
}

/** Whole days are removed: more often would find nothing. */
const everyMs = 6 * hourMs;
/** A start has other things to do. */
const firstAfterMs = 60_000;

/** `keepDays` is asked each time: a reloaded configuration counts. Its timer keeps no process alive. */
export function startRetention(
  ledger: Pick<Ledger, "removeBefore">,
  keepDays: () => number,
  clock: Clock,
  logger: Logger,
): Retention {
  let running: Promise<void> | null = null;
  const remove = async (): Promise<void> => {
    try {
      const calls = await ledger.removeBefore(clock.nowMs() - keepDays() * dayMs);
      if (calls > 0) logger.info({ calls, keepDays: keepDays() }, "calls beyond ledger.retentionDays were removed");
    } catch (error) {
      logger.error({ error: String(error) }, "old calls could not be removed from the ledger");
    }
  };
  const run = (): Promise<void> => {
    running ??= remove().finally(() => {
      running = null;
    });
    return running;
  };
  const first = setTimeout(() => void run(), firstAfterMs).unref();
  const timer = setInterval(() => void run(), everyMs).unref();
  return {
    run,
    async close() {
      clearTimeout(first);
      clearInterval(timer);
      await running;
    },
  };
}
