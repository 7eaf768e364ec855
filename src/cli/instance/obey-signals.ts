/**
 * What signals do to the process that serves: SIGTERM and SIGINT end it while it starts, and drain the router that runs (a
 * second one ends it at once); SIGHUP reads the configuration again.
 */
import { constants } from "node:os";
import type { RunningRouter } from "../../app/start.ts";
import type { StructuredLogger } from "../../core/log/logging.ts";
import { exitCodes } from "../output/exit-codes.ts";

/**
 * While a router starts there are no calls to finish: SIGINT and SIGTERM end the process at once, and leave no claim behind.
 * Call the answer when the router runs.
 */
export function endAtSignals(dropClaim: () => void): () => void {
  const end = (signal: NodeJS.Signals): void => {
    dropClaim();
    process.exit(128 + constants.signals[signal]);
  };
  process.on("SIGTERM", end).on("SIGINT", end);
  return () => void process.off("SIGTERM", end).off("SIGINT", end);
}

/** Resolves when a signal has ended the router and its calls are over; `announceEnd` tells others that it stops. */
export function untilDrained(
  router: RunningRouter,
  logger: StructuredLogger,
  announceEnd: () => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false;
    const reload = (): void => {
      // The router logs what came of it: a refused file leaves the old configuration running.
      router
        .reload()
        .catch((error: unknown) => logger.error({ err: error }, "the configuration could not be reloaded"));
    };
    const end = (signal: NodeJS.Signals): void => {
      if (isEnding) {
        logger.close();
        process.exit(exitCodes.failed);
      }
      isEnding = true;
      logger.info({ signal }, "stopping: running calls may finish");
      const announced = announceEnd().catch((error: unknown) => {
        logger.warn({ error: String(error) }, "that the router stops could not be told to other commands");
      });
      router
        .drain()
        .then(() => router.close())
        .then(() => announced)
        .then(() => {
          process.off("SIGHUP", reload).off("SIGTERM", end).off("SIGINT", end);
          resolve();
        }, reject);
    };
    process.on("SIGHUP", reload).on("SIGTERM", end).on("SIGINT", end);
  });
}
