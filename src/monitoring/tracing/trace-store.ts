/** Recent traces in memory, bounded: failed and slow ones have their own places, so that no flood of either hides the rest. */
import type { CallRecord } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import { traceIdOf } from "../trace-id.ts";
import type { Span } from "./span.ts";
import { spansOfCall } from "./spans-of-call.ts";
import type { TraceChoice } from "./trace-selection.ts";

/** A call that is being served. */
export interface RunningTrace {
  readonly callId: string;
  readonly traceId: string;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  readonly endpoint: string;
  readonly user: string;
  readonly askedModel: string | null;
  /** The target being tried now, `provider/model`. */
  readonly target: string | null;
}

export interface TraceSummary {
  readonly callId: string;
  readonly traceId: string;
  /** Why it was kept. */
  readonly choice: TraceChoice;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly endpoint: string;
  readonly user: string;
  readonly askedModel: string;
  readonly target: string | null;
  readonly status: number;
  readonly outcome: string;
  readonly errorCode: string | null;
  readonly attempts: number;
}

/** `traces`: the calls running now, the oldest first; `recent`: finished ones, the newest first. */
export interface TraceList {
  readonly traces: readonly RunningTrace[];
  readonly recent: readonly TraceSummary[];
}

/** One trace with its plan, the reasons for it, and its spans. Never a body: a record holds none. */
export interface TraceDetail {
  readonly summary: TraceSummary;
  readonly plan: CallRecord["plan"];
  readonly attempts: CallRecord["attempts"];
  readonly passedOver: NonNullable<CallRecord["passedOver"]>;
  readonly errorMessage: string | null;
  readonly notes: readonly string[];
  readonly spans: readonly Span[];
}

interface Kept {
  readonly record: CallRecord;
  readonly choice: TraceChoice;
}

export class TraceStore {
  readonly #maxKept: number;
  readonly #rings: Readonly<Record<TraceChoice, Map<string, Kept>>> = {
    failed: new Map(),
    slow: new Map(),
    sampled: new Map(),
  };
  readonly #running: () => Iterable<RunningTrace>;

  /** `maxKept`: finished traces of each choice. `running`: the calls being served, as the gateway knows them. */
  constructor(maxKept: number, running: () => Iterable<RunningTrace> = () => []) {
    this.#maxKept = maxKept;
    this.#running = running;
  }

  keep(record: CallRecord, choice: TraceChoice): void {
    const ring = this.#rings[choice];
    ring.set(record.id, { record, choice });
    if (ring.size <= this.#maxKept) return;
    for (const oldest of ring.keys()) {
      ring.delete(oldest);
      return;
    }
  }

  /** `limit`: finished ones at most. */
  list(limit = 100): TraceList {
    const traces = [...this.#running()].sort((a, b) => a.startedAtMs - b.startedAtMs);
    const kept = Object.values(this.#rings).flatMap((ring) => [...ring.values()]);
    const recent = kept
      .sort((a, b) => b.record.startedAtMs - a.record.startedAtMs)
      .slice(0, limit)
      .map(toSummary);
    return { traces, recent };
  }

  /** A finished trace by the call's id or the trace's; null where it is not kept. */
  get(id: string): TraceDetail | null {
    const kept = this.#find(id);
    if (kept === null) return null;
    const { plan, attempts, passedOver = [], errorMessage, notes } = kept.record;
    return {
      summary: toSummary(kept),
      plan,
      attempts,
      passedOver,
      errorMessage,
      notes,
      spans: spansOfCall(kept.record),
    };
  }

  #find(id: string): Kept | null {
    for (const ring of Object.values(this.#rings)) {
      const kept = ring.get(id);
      if (kept !== undefined) return kept;
      for (const candidate of ring.values()) if (traceIdOf(candidate.record) === id) return candidate;
    }
    return null;
  }
}

function toSummary({ record, choice }: Kept): TraceSummary {
  return {
    callId: record.id,
    traceId: traceIdOf(record),
    choice,
    startedAtMs: record.startedAtMs,
    durationMs: record.durationMs,
    endpoint: record.endpoint,
    user: record.caller.user,
    askedModel: record.askedModel,
    target: record.target === null ? null : formatTarget(record.target),
    status: record.status,
    outcome: record.outcome,
    errorCode: record.errorCode,
    attempts: record.attempts.length,
  };
}
