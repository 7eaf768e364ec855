/** What the health check knows: gathered by gather-over-http.ts, judged by judge-health.ts. */
import type { OverallHealth } from "../../monitoring/health/overall-health.ts";
import type { ProviderHealth } from "../../monitoring/health/provider-health.ts";
import type { LogFigures } from "../probe-log.ts";
import type { MachineFigures } from "../probe-machine.ts";
import type { Scrape } from "../metrics-text.ts";

export interface DoctorFigures {
  readonly url: string;
  /** Why it does not answer; null where it does. */
  readonly awayReason: string | null;
  readonly answerMs: number;
  readonly isReady: boolean;
  /** What `/health` says. */
  readonly health: OverallHealth | null;
  /** `/metrics` twice, and the time between. */
  readonly scrapes: { readonly before: Scrape; readonly after: Scrape; readonly spanMs: number } | null;
  /** What takes the operators' key; null where it could not be read. */
  readonly operator: OperatorFigures | null;
  /** Why not; null where it was read, and of a router that does not answer. `key-refused`: not, or no longer, the operators'. */
  readonly operatorLack:
    | { readonly kind: "no-key" | "key-refused" }
    | { readonly kind: "failed"; readonly reason: string }
    | null;
  /** Of the machine that the check runs on; null where the router runs on another one. */
  readonly machine: MachineFigures | null;
  readonly log: LogFigures | null;
  /** Whether the router runs here and its log file is not there. */
  readonly isLogMissing: boolean;
  readonly nowMs: number;
}

/** The lists are null where the router could not tell, as while its database is away. */
export interface OperatorFigures {
  /** Of the last five minutes. */
  readonly calls: number;
  /** null where no call ended. */
  readonly failedShare: number | null;
  /** Of these, what callers did wrong themselves; null where no call ended. */
  readonly callerFaultShare: number | null;
  readonly p95Ms: number | null;
  readonly providers: readonly Pick<ProviderHealth, "name" | "status" | "score" | "lastError">[] | null;
  readonly alerts: readonly { readonly name: string; readonly severity: string; readonly summary: string }[] | null;
  readonly budgets: readonly { readonly name: string; readonly used: number; readonly status: string }[] | null;
}
