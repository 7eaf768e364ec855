/** What a check found, the words that all playbooks share, and what many findings come to. Pure. */

/** `skipped`: could not be judged, and says why; it is neither good nor bad. */
export type FindingStatus = "ok" | "warning" | "critical" | "skipped";

export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly status: FindingStatus;
  /** What was found, with its figures. */
  readonly summary: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

/** Exit codes of playbooks: 0 fine, 1 warning, 2 critical. */
export type Verdict = "ok" | "warning" | "critical";

export const verdictExitCodes: Readonly<Record<Verdict, number>> = { ok: 0, warning: 1, critical: 2 };

/** The worst of all. */
export function verdictOf(findings: readonly Pick<Finding, "status">[]): Verdict {
  if (findings.some(({ status }) => status === "critical")) return "critical";
  return findings.some(({ status }) => status === "warning") ? "warning" : "ok";
}

/**
 * Health from 0 to 100. Each warning takes 10; a critical finding 30, and leaves at most 50, so that no number of good
 * checks hides it. What was skipped counts for nothing. Nothing at all can be said of a router that is down: 0.
 */
export function scoreOf(findings: readonly Finding[], isReachable: boolean): number {
  if (!isReachable) return 0;
  const count = (status: FindingStatus): number => findings.filter((finding) => finding.status === status).length;
  const critical = count("critical");
  const score = 100 - 10 * count("warning") - 30 * critical;
  return Math.max(0, critical > 0 ? Math.min(50, score) : score);
}

export function ok(check: string, summary: string): Finding {
  return { check, status: "ok", summary, remedy: null };
}

export function skipped(check: string, summary: string, remedy: string | null = null): Finding {
  return { check, status: "skipped", summary, remedy };
}

export function warning(check: string, summary: string, remedy: string): Finding {
  return { check, status: "warning", summary, remedy };
}

export function critical(check: string, summary: string, remedy: string): Finding {
  return { check, status: "critical", summary, remedy };
}

/** `critical` from the second limit on, `warning` from the first, else fine. */
export function graded(
  check: string,
  value: number,
  limits: { readonly warning: number; readonly critical: number },
  summary: string,
  remedy: string,
): Finding {
  if (value >= limits.critical) return critical(check, summary, remedy);
  return value >= limits.warning ? warning(check, summary, remedy) : ok(check, summary);
}
