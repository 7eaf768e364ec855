/**
 * Several workers at the port and this process behind them: it serves no calls, keeps what must be one for all, and
 * answers what is no call over a socket of its own that only its user can reach.
 */
import { once } from "node:events";
import type { Config } from "../../config/schema.ts";
import type { Logger } from "../../core/log/logging.ts";
import { describeSnapshot } from "../../monitoring/process/heap-snapshot.ts";
import { chooseFormat, contentTypes } from "../../monitoring/series/exposition.ts";
import { renderMerged } from "../../monitoring/series/merge-snapshots.ts";
import type { Front, FrontParts } from "../front.ts";
import { keepSettingsOfStart } from "../../config/settings-of-start.ts";
import { clearAnswers, profileWorkers, writeHeapSnapshots } from "./ask-workers.ts";
import { bindPort } from "./bind-port.ts";
import { Fleet } from "./fleet.ts";
import { mergeLooks } from "./merge-looks.ts";
import { makeParentSocket, removeDeadSockets } from "./parent-socket.ts";
import { workerCount } from "../process/worker-count.ts";

/** `config`: of the start. `print`: for whoever sent a signal; with it SIGUSR2 reaches the workers. */
export function createWorkersFront(config: Config, logger: Logger, print: ((line: string) => void) | undefined): Front {
  let parts: (FrontParts & { readonly socket: ReturnType<typeof makeParentSocket> }) | null = null;
  const fleet = new Fleet({
    count: workerCount(config.server.workers),
    logger,
    state: () => parts!.state,
    assignment: () => {
      const { runtime, socket } = parts!;
      const { config: current, environment, keys } = runtime();
      return { config: keepSettingsOfStart(config, current), environment, keys, adminSocket: socket.path };
    },
  });
  const tellSnapshots = async (): Promise<void> => {
    for (const { pid, result } of await writeHeapSnapshots(fleet))
      print?.(`worker ${pid}: ${describeSnapshot(result)}`);
  };
  const onSignal = (): void => void tellSnapshots();
  return {
    news: fleet.news,
    liveParts: (own) => mergeLooks(() => fleet.looks(), own),
    async answerScrape(state, accept) {
      const format = chooseFormat(accept);
      const snapshots = [await state.metrics.snapshot(), ...fleet.metrics()];
      return { contentType: contentTypes[format], body: renderMerged(snapshots, format) };
    },
    async open(opened) {
      const socket = makeParentSocket();
      parts = { ...opened, socket };
      opened.server.listen(socket.path);
      await once(opened.server, "listening");
      void removeDeadSockets();
      if (print !== undefined) process.on("SIGUSR2", onSignal);
      return fleet.start(await bindPort(config.server));
    },
    workers: () => fleet.pids(),
    writeHeapSnapshots: () => writeHeapSnapshots(fleet),
    profileWorkers: (seconds) => profileWorkers(fleet, seconds),
    clearAnswers: (filter) => clearAnswers(fleet, filter),
    refresh: () => fleet.refresh(),
    configure: () => (parts === null ? Promise.resolve() : fleet.configure()),
    drain: () => fleet.drain(),
    async close() {
      process.off("SIGUSR2", onSignal);
      await fleet.close();
      parts?.server.close();
      parts?.server.closeAllConnections();
      parts?.socket.remove();
    },
  };
}
