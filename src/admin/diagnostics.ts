/** A closer look at the process: heap snapshots and CPU profiles, on demand. */
import { GatewayError } from "../core/errors/errors.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { ProfileResult } from "../monitoring/process/cpu-profile.ts";
import type { SnapshotResult, WorkerSnapshot } from "../monitoring/process/heap-snapshot.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "./admin-route.ts";
import { refuseForms } from "./console-guard.ts";

export interface DiagnosticsSource {
  writeHeapSnapshot(): SnapshotResult;
  /** Those of the workers, which serve the calls; none where this process does. */
  workersSnapshots(): Promise<readonly WorkerSnapshot[]>;
  /** Of the process that works most, where there are several. */
  profile(seconds: number, signal: AbortSignal): Promise<ProfileResult>;
}

const defaultSeconds = 10;
const longestSeconds = 60;

/** Both stop or slow the process for a while: a page of another site must not be able to ask for them. */
export function diagnosticsRoutes(source: DiagnosticsSource): readonly AdminRoute[] {
  const snapshot = async (request: AdminRequest): Promise<AdminAnswer> => {
    refuseForms(request);
    const own = source.writeHeapSnapshot();
    return answerSnapshot(own, await source.workersSnapshots());
  };
  return [
    { method: "POST", path: "/debug/heap-snapshot", access: "admin", handle: snapshot },
    { method: "GET", path: "/debug/heap-snapshot", access: "admin", hasEffects: true, handle: snapshot },
    {
      method: "GET",
      path: "/debug/profile",
      access: "admin",
      hasEffects: true,
      handle: async (request) => {
        refuseForms(request);
        return answerProfile(await source.profile(readSeconds(request.query.get("seconds")), request.signal()));
      },
    },
  ];
}

function answerSnapshot(own: SnapshotResult, workers: readonly WorkerSnapshot[]): AdminAnswer {
  const ofWorkers = workers.map(({ pid, result }) => ({ pid, ...toJson(result) }));
  const more = ofWorkers.length === 0 ? {} : { workers: ofWorkers };
  return { status: own.kind === "failed" ? 500 : 200, body: { ...toJson(own), ...more } };
}

function toJson(result: SnapshotResult): JsonObject {
  if (result.kind === "failed") return { written: false, reason: result.reason };
  const { path, bytes, durationMs } = result;
  return { written: true, path, bytes, duration_ms: Math.round(durationMs) };
}

function answerProfile(result: ProfileResult): AdminAnswer {
  if (result.kind === "busy")
    return { status: 409, body: { reason: "another profile is being taken; ask again later" } };
  return {
    status: 200,
    contentType: "application/json",
    headers: { "content-disposition": 'attachment; filename="ccr.cpuprofile"' },
    body: result.json,
  };
}

function readSeconds(text: string | null): number {
  const seconds = text === null || text === "" ? defaultSeconds : Number(text);
  if (seconds >= 1 && seconds <= longestSeconds) return seconds;
  throw new GatewayError("caller_invalid_request", `seconds: from 1 to ${longestSeconds}, not ${text}`);
}
