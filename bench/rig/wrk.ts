/** Whole requests from wrk, and what the server used for them. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { once } from "node:events";
import { messagesBody } from "../load/requests.ts";
import type { RunningServer, TargetKind } from "../servers/server.ts";
import { createRunFolder, loadCore, startChild } from "./children.ts";
import { cpuSeconds, residentMb } from "./process-facts.ts";

export interface WrkPlan {
  readonly kind: TargetKind;
  readonly connections: number;
  readonly seconds: number;
  readonly bodyBytes: number;
  /** Keys of callers to take turns, in place of the one of the target's headers. */
  readonly keys?: readonly string[];
  /** Each request asks something that no other one asks. */
  readonly isDistinct?: boolean;
}

export interface WrkMeasurement {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Processor time of the server, all its threads; NaN without a server. */
  readonly cpuUsPerRequest: number;
  readonly residentMb: number;
}

let folder: string | null = null;
let scriptCount = 0;

/** One run of wrk. Throws if any answer was not 200: a fast refusal is no result. */
export async function runWrk(server: RunningServer, plan: WrkPlan): Promise<WrkMeasurement> {
  const target = server.target(plan.kind);
  if (target === null) throw new Error(`${server.name} cannot do ${plan.kind}`);
  folder ??= createRunFolder("wrk");
  const script = path.join(folder, `${scriptCount++}.lua`);
  writeFileSync(script, luaScript(target.headers, messagesBody(target.model, plan.bodyBytes, false), plan));
  const cpuBefore = server.pid === null ? Number.NaN : cpuSeconds(server.pid);
  const args = ["-t1", `-c${plan.connections}`, `-d${plan.seconds}s`, "--timeout", "30s", "-s", script];
  const child = startChild("wrk", [...args, `http://127.0.0.1:${target.port}${target.path}`], { core: loadCore });
  await once(child.process, "exit");
  const cpu = server.pid === null ? Number.NaN : cpuSeconds(server.pid) - cpuBefore;
  const line = /^RESULT (.*)$/m.exec(child.output())?.[1];
  if (line === undefined) throw new Error(`wrk against ${server.name} failed: ${child.output().slice(-500)}`);
  const [requests = 0, durationUs = 1, bad = 0, p50Us = 0, p99Us = 0] = line.split(" ").map(Number);
  if (bad > 0 || requests === 0) throw new Error(`${server.name}: ${bad} of ${requests} answers were not 200`);
  return {
    requests,
    requestsPerSecond: requests / (durationUs / 1e6),
    p50Us,
    p99Us,
    cpuUsPerRequest: (cpu * 1e6) / requests,
    residentMb: server.pid === null ? Number.NaN : residentMb(server.pid),
  };
}

function luaScript(
  headers: Readonly<Record<string, string>>,
  body: string,
  { keys = [], isDistinct = false }: WrkPlan,
): string {
  const fields = Object.entries(headers).map(
    ([name, value]) => `  [${JSON.stringify(name)}] = ${JSON.stringify(value)},`,
  );
  // A long bracket takes any text; the level is one that no body of ours holds.
  return `wrk.method = "POST"
wrk.headers = {
${fields.join("\n")}
}
wrk.body = [====[${body}]====]
${keys.length === 0 ? "" : takeTurns(keys)}
${isDistinct ? countUp : ""}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`;
}

/** A number of its own in the body of each request, of one length. */
const countUp = `local serial, at = 0, wrk.body:find("}%s*$")
local front = wrk.body:sub(1, at - 1)
function request()
  serial = serial + 1
  return wrk.format(nil, nil, nil, string.format('%s,"x_serial":%012d}', front, serial + 100000000000))
end`;

/** Requests made ready for each key, so that taking turns costs the load nothing. */
function takeTurns(keys: readonly string[]): string {
  return `local ready, turn = {}, 0
function init(args)
  for _, key in ipairs({ ${keys.map((key) => JSON.stringify(key)).join(", ")} }) do
    wrk.headers["x-api-key"] = key
    ready[#ready + 1] = wrk.format()
  end
end
function request()
  turn = turn % #ready + 1
  return ready[turn]
end`;
}
