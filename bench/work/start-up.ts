/** How long a cold start takes until the first call is answered, and what an idle process holds. */
import { setTimeout as sleep } from "node:timers/promises";
import { askOnce } from "../load/ask-once.ts";
import { residentMb } from "../rig/process-facts.ts";
import type { RunningServer, ServerName } from "../servers/server.ts";
import { metricOf } from "./work-item.ts";
import type { Bench, Sample, WorkItem } from "./work-item.ts";

const shared = {
  needs: ["ours"] as readonly ServerName[],
  alsoOf: ["nginx", "portkey", "claude-code-router"] as readonly ServerName[],
  shortRounds: 1,
};

export const idleMemory: WorkItem = {
  ...shared,
  name: "idle-memory",
  title: "idle memory",
  method: "resident memory of a fresh process, two seconds after its first answer",
  goal: { target: 80, stretch: null, better: "lower", unit: "MB" },
  metrics: [{ key: "idleMb", label: "RSS MB" }],
  measure: startUp,
  figure: (round) => metricOf(round, "ours", "idleMb"),
};

export const coldStart: WorkItem = {
  ...shared,
  shortRounds: 3,
  name: "cold-start",
  title: "cold start to first answer",
  method:
    "from the start of the process to the whole answer of its first call; an empty state folder, nothing compiled before",
  goal: { target: 0.5, stretch: null, better: "lower", unit: "s" },
  metrics: [{ key: "coldStartSeconds", label: "seconds" }],
  measure: startUp,
  figure: (round) => metricOf(round, "ours", "coldStartSeconds"),
};

async function startUp(running: RunningServer, bench: Bench): Promise<Sample> {
  const startedMs = performance.now();
  const server = await bench.startFresh(running.name);
  try {
    const target = server.target("whole");
    if (target === null) throw new Error(`${server.name} has no whole answers`);
    await askOnce(target);
    const coldStartSeconds = (performance.now() - startedMs) / 1_000;
    await sleep(2_000);
    return { coldStartSeconds, idleMb: server.pid === null ? Number.NaN : residentMb(server.pid) };
  } finally {
    await server.stop();
  }
}
