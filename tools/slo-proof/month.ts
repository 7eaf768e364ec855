/**
 * A month of a service, minute by minute: what it was asked, and what of it broke each promise. Written for the proof of
 * the burn-rate alerts: it knows nothing of rules, windows or Prometheus.
 */
import type { SloName } from "../../src/alerting/service-levels.ts";

/** `burn`: how many times as much as thirty days allow; bounded by all there is. */
export interface Incident {
  readonly startMinute: number;
  readonly minutes: number;
  readonly burn: number;
}

export interface Subject {
  readonly slo: SloName;
  /** Part that may go wrong. */
  readonly budget: number;
  readonly incidents: readonly Incident[];
}

/** Running totals; place `i` is the state at minute `i`. */
export interface Totals {
  readonly all: Float64Array;
  readonly bad: Float64Array;
}

const day = 1440;
const hour = 60;
export const minutesOfMonth: number = 30 * day;

/** One of each kind: short and total, an hour, six hours, a day and more, days; one that must raise nothing. */
const incidents: readonly Incident[] = [
  { startMinute: 2 * day + 9 * hour, minutes: 75, burn: 18 },
  { startMinute: 5 * day + 13 * hour, minutes: 12, burn: 1000 },
  { startMinute: 8 * day + 8 * hour, minutes: 8 * hour, burn: 8 },
  { startMinute: 12 * day, minutes: 30 * hour, burn: 4 },
  { startMinute: 17 * day, minutes: 4 * day, burn: 1.5 },
  { startMinute: 25 * day, minutes: 3 * day, burn: 0.8 },
];

/** Each objective has the same trouble, some hours apart. */
export const subjects: readonly Subject[] = (
  [
    ["availability", 0.001],
    ["first_byte", 0.05],
    ["overhead", 0.01],
    ["cost", 1],
  ] as const
).map(([slo, budget], place) => ({
  slo,
  budget,
  incidents: incidents.map((incident) => ({ ...incident, startMinute: incident.startMinute + place * 2 * hour })),
}));

/** Of calls: busy by day, quiet by night. Of cost: what thirty days allow, in even parts. */
function asked(slo: SloName, minute: number): number {
  if (slo === "cost") return 100 / day;
  return Math.round(1200 - 1000 * Math.cos((2 * Math.PI * minute) / day));
}

export function liveThrough({ slo, budget, incidents }: Subject): Totals {
  const all = new Float64Array(minutesOfMonth + 1);
  const bad = new Float64Array(minutesOfMonth + 1);
  let owed = 0;
  for (let minute = 1; minute <= minutesOfMonth; minute++) {
    const incident = incidents.find(
      ({ startMinute, minutes }) => minute > startMinute && minute <= startMinute + minutes,
    );
    const share = slo === "cost" ? Math.min(40, incident?.burn ?? 0) : Math.min(1, (incident?.burn ?? 0) * budget);
    const now = asked(slo, minute);
    owed += now * share;
    // Calls come whole; dollars in steps that add up without rounding.
    const step = slo === "cost" ? 2 ** -20 : 1;
    const broken = Math.min(Math.floor(owed / step) * step, slo === "cost" ? Number.MAX_VALUE : now);
    owed -= broken;
    all[minute] = all[minute - 1]! + now;
    bad[minute] = bad[minute - 1]! + broken;
  }
  return { all, bad };
}
