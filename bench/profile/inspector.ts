/** Takes a CPU profile of a running node process through its inspector. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CpuProfile } from "./cpu-profile.ts";

/** Sampling interval: finer than V8's default of 1 ms, coarse enough to cost little. */
const samplingIntervalUs = 200;

/** Profiles the process behind `url` while `work` goes on. */
export async function profileWhile(url: string, work: () => Promise<void>): Promise<CpuProfile> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  let lastId = 0;
  const ask = (method: string, params: object = {}): Promise<unknown> => {
    const id = ++lastId;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => {
      const listen = (event: MessageEvent): void => {
        const message = JSON.parse(String(event.data)) as { id?: number; result?: unknown };
        if (message.id !== id) return;
        socket.removeEventListener("message", listen);
        resolve(message.result);
      };
      socket.addEventListener("message", listen);
    });
  };
  await ask("Profiler.enable");
  await ask("Profiler.setSamplingInterval", { interval: samplingIntervalUs });
  await ask("Profiler.start");
  await work();
  const result = (await ask("Profiler.stop")) as { profile: CpuProfile };
  socket.close();
  return result.profile;
}

/** The inspector's address, as node prints it when it starts with `--inspect`. */
export async function findInspector(output: () => string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const url = /ws:\/\/\S+/.exec(output())?.[0];
    if (url !== undefined) return url;
    await sleep(20);
  }
  throw new Error("node did not open its inspector");
}
