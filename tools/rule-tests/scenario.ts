/**
 * A scenario of a rule test: what Prometheus has seen, minute by minute, and which alerts fire when. Numbers stand here
 * as numbers, not as the settings that the rules are made of: a wrong default must show.
 */
export type LabelSet = Readonly<Record<string, string>>;

/** `fires`, `silent`, `boundary` (at the threshold, or just before `for` has passed), `recovers`. */
export type CheckKind = "fires" | "silent" | "boundary" | "recovers";

export interface Check {
  readonly kind: CheckKind;
  /** Prometheus duration from the start. */
  readonly at: string;
  /** What fires then, all of it, without alertname, severity and team. */
  readonly firing: readonly LabelSet[];
}

export interface Scenario {
  readonly alert: string;
  /** A promise. */
  readonly title: string;
  /** Time between two samples and between two looks at the rules. */
  readonly every?: string;
  /** Series by name and labels, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  /** The texts of the alert while it fires. */
  readonly texts?: {
    readonly at: string;
    readonly labels: LabelSet;
    readonly summary: string;
    readonly description: string;
  };
}

export interface ScenarioSet {
  readonly name: string;
  /** How often rules are looked at. */
  readonly evaluateEvery: string;
  readonly scenarios: readonly Scenario[];
}

export function fires(at: string, ...firing: readonly LabelSet[]): Check {
  return { kind: "fires", at, firing };
}

export function silent(at: string): Check {
  return { kind: "silent", at, firing: [] };
}

export function boundary(at: string, ...firing: readonly LabelSet[]): Check {
  return { kind: "boundary", at, firing };
}

export function recovers(at: string, ...firing: readonly LabelSet[]): Check {
  return { kind: "recovers", at, firing };
}

/** The labels of a router. */
export function router(instance: string): LabelSet {
  return { job: "claude-code-router", instance };
}

/** `name{…}` with these labels. */
export function series(name: string, labels: LabelSet): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(",")}}`;
}

/** A gauge: each value for so many samples, one after the other. */
export function gauge(...parts: readonly (readonly [value: number | "absent", samples: number])[]): string {
  return parts.map(([value, samples]) => (value === "absent" ? `_x${samples}` : `${value}+0x${samples - 1}`)).join(" ");
}

/**
 * A counter from 0: after the first sample it grows by so much a sample, for so many samples. Where growth changes, it must
 * add up without rounding (no 0.1): a counter that falls by its last bit counts as a restart.
 */
export function counter(...parts: readonly (readonly [growth: number, samples: number])[]): string {
  let total = 0;
  const texts = ["0"];
  for (const [growth, samples] of parts) {
    texts.push(`${total + growth}+${growth}x${samples - 1}`);
    total += growth * samples;
  }
  return texts.join(" ");
}

/** A histogram's series: observations a sample at or below each bound, cumulative; the last one is all of them. */
export function histogram(
  name: string,
  labels: LabelSet,
  parts: readonly (readonly [growth: Readonly<Record<string, number>>, samples: number])[],
): Readonly<Record<string, string>> {
  const bounds = Object.keys(parts[0]![0]);
  const of = (bound: string): string =>
    counter(...parts.map(([growth, samples]) => [growth[bound]!, samples] as const));
  return {
    ...Object.fromEntries(bounds.map((bound) => [series(`${name}_bucket`, { ...labels, le: bound }), of(bound)])),
    [series(`${name}_count`, labels)]: of("+Inf"),
  };
}

/** A distribution in two halves: the quicker observations, and the slower ones. */
export function halves(
  growth: Readonly<Record<string, number>>,
): readonly [Readonly<Record<string, number>>, Readonly<Record<string, number>>] {
  const half = Math.max(...Object.values(growth)) / 2;
  const quicker = Object.entries(growth).map(([bound, count]) => [bound, Math.min(count, half)] as const);
  const slower = Object.entries(growth).map(([bound, count]) => [bound, count - Math.min(count, half)] as const);
  return [Object.fromEntries(quicker), Object.fromEntries(slower)];
}
