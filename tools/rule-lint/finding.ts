/** What the lint may say of a rule. */
export type Check =
  | "syntax"
  | "unknown-metric"
  | "unknown-label"
  | "unknown-label-value"
  | "counter-without-rate"
  | "rate-of-gauge"
  | "rate-of-single-series"
  | "instant-rate"
  | "quantile-without-le"
  | "beyond-largest-bucket"
  | "division-by-zero"
  | "labels-cannot-match"
  | "ratio-without-guard"
  | "unfiltered-file-systems"
  | "missing-annotation"
  | "missing-label"
  | "unknown-template-function"
  | "template-label-not-there"
  | "no-absent-companion"
  | "no-watchdog";

export interface Finding {
  readonly check: Check;
  /** The alert or recorded name; empty where a whole file is meant. */
  readonly rule: string;
  readonly text: string;
}
