/** Figures as people read them. Every function takes null or undefined for "not known" and shows a dash. */

const none = "–";
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const zoned = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dateUtc = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** @typedef {number | null | undefined} Figure */

/**
 * US dollars: two decimals, and below a cent as many digits as carry meaning.
 *
 * @param {Figure} dollars
 */
export function usd(dollars) {
  if (dollars === null || dollars === undefined) return none;
  const size = Math.abs(dollars);
  if (size === 0 || size >= 0.0995) return `${dollars < 0 ? "−" : ""}$${cents.format(size)}`;
  if (size < 1e-6) return "< $0.000001";
  const digits = Math.min(9, Math.max(4, 1 - Math.floor(Math.log10(size))));
  return `${dollars < 0 ? "−" : ""}$${size.toFixed(digits)}`;
}

/** @param {Figure} nanoUsd */
export function usdFromNano(nanoUsd) {
  return usd(nanoUsd === null || nanoUsd === undefined ? null : nanoUsd / 1e9);
}

/**
 * A count, shortened from ten thousand on.
 *
 * @param {Figure} value
 */
export function count(value) {
  if (value === null || value === undefined) return none;
  return Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value).replace("K", "k");
}

/** @param {Figure} value */
export function fullCount(value) {
  return value === null || value === undefined ? none : whole.format(value);
}

/**
 * A count and its noun.
 *
 * @param {number} value
 * @param {string} noun In the singular.
 * @param {string} [nouns]
 */
export function counted(value, noun, nouns = `${noun}s`) {
  return `${fullCount(value)} ${value === 1 ? noun : nouns}`;
}

/** @param {Figure} value */
export function rate(value) {
  if (value === null || value === undefined) return none;
  return value < 10 ? oneDecimal.format(value) : count(value);
}

/** @param {Figure} part */
export function percent(part) {
  if (part === null || part === undefined) return none;
  if (part > 0 && part < 0.001) return "< 0.1%";
  return `${oneDecimal.format(part * 100)}%`;
}

/** @param {Figure} ms */
export function duration(ms) {
  if (ms === null || ms === undefined) return none;
  if (ms < 999.5) return `${whole.format(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  // Rounded before it is split: 59.6 seconds are a minute, not "0 min 59 s".
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/**
 * The time of day here, with the date where it is not today's.
 *
 * @param {number} atMs
 * @param {number} nowMs
 */
export function clock(atMs, nowMs) {
  const then = new Date(atMs);
  const isToday = then.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time.format(then) : `${date.format(then)}, ${time.format(then)}`;
}

/** The zone of all times that do not name another. */
export const zone = time.resolvedOptions().timeZone;

/**
 * What that zone is called at a time, as it is another in summer: `GMT+5:30`.
 *
 * @param {number} atMs
 */
export function zoneAt(atMs) {
  return zoned.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? zone;
}

/**
 * A moment for people here, and for logs.
 *
 * @param {number} atMs
 */
export function moment(atMs) {
  return `${date.format(atMs)}, ${time.format(atMs)} ${zoneAt(atMs)} (${new Date(atMs).toISOString()})`;
}

/**
 * How long ago, in words.
 *
 * @param {number} atMs
 * @param {number} nowMs
 */
export function ago(atMs, nowMs) {
  const passedMs = Math.max(0, nowMs - atMs);
  if (passedMs < 5_000) return "just now";
  return `${passedMs < 60_000 ? `${Math.floor(passedMs / 1000)} s` : duration(passedMs - (passedMs % 1000))} ago`;
}

/**
 * A UTC day or hour as the ledger names it: `2026-11-22` or `2026-11-22T08:00`.
 *
 * @param {string} name
 */
export function period(name) {
  return name.length > 10 ? name.slice(11) : dateUtc.format(new Date(`${name}T00:00:00Z`));
}

/** @param {{ readonly provider: string; readonly model: string } | null} target */
export function targetName(target) {
  return target === null ? none : `${target.provider}/${target.model}`;
}

/** @type {Readonly<Record<string, string>>} */
const outcomes = { success: "answered", error: "failed", aborted: "client left", cut: "broken off" };

/** @param {string} outcome */
export function outcomeWord(outcome) {
  return outcomes[outcome] ?? outcome;
}
