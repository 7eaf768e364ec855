/** How long this router takes to serve again after `kill -9`, and whether it still has every call. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { askOnce } from "../load/ask-once.ts";
import { createRunFolder } from "../rig/children.ts";
import { startOurs } from "../servers/ours.ts";
import type { OwnServer } from "../servers/ours.ts";
import type { RunningServer } from "../servers/server.ts";
import { metricOf } from "./work-item.ts";
import type { Bench, Sample, WorkItem } from "./work-item.ts";

const callsBefore = 200;

export const restartAfterKill: WorkItem = {
  name: "restart-after-kill",
  title: "kill -9, restart to first answer, nothing settled lost",
  method: `${callsBefore} calls one after the other, SIGKILL when the last one is settled, a start on the same port and folder`,
  goal: { target: 1, stretch: null, better: "lower", unit: "s" },
  needs: ["ours"],
  alsoOf: [],
  shortRounds: 3,
  metrics: [
    { key: "restartSeconds", label: "seconds" },
    { key: "bareSeconds", label: "`node -e 0` seconds" },
  ],
  measure,
  figure: (round) => metricOf(round, "ours", "restartSeconds"),
};

async function measure(_running: RunningServer, { providers }: Bench): Promise<Sample> {
  const folder = createRunFolder("killed");
  const first = await startOurs(providers, { folder });
  const { port } = await askTimes(first, callsBefore);
  await (await fetch(`http://127.0.0.1:${port}/livez`)).text(); // the event loop has turned: the last call is settled
  const ended = once(first.process, "exit");
  first.process.kill("SIGKILL");
  await ended;
  const startedMs = performance.now();
  const second = await startOurs(providers, { folder, port });
  await askTimes(second, 1);
  const restartSeconds = (performance.now() - startedMs) / 1_000;
  await second.stop();
  const kept = countCalls(join(folder, "state", "ledger.sqlite"));
  if (kept !== callsBefore + 1) throw new Error(`the ledger has ${kept} of ${callsBefore + 1} calls`);
  const bareMs = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return { restartSeconds, bareSeconds: (performance.now() - bareMs) / 1_000 };
}

async function askTimes(server: OwnServer, calls: number): Promise<{ readonly port: number }> {
  const target = server.target("whole");
  if (target === null) throw new Error("no whole answers");
  for (let call = 0; call < calls; call++) await askOnce(target);
  return target;
}

function countCalls(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare("SELECT count(*) AS calls FROM calls").get()?.["calls"]);
  } finally {
    database.close();
  }
}
