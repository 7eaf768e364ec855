/** What a period cost, over time and by one dimension. */
import { read } from "./api.js";
import { bar, columnChart } from "./charts.js";
import { h } from "./dom.js";
import { count, counted, duration, fullCount, percent, period, usd, usdFromNano } from "./format.js";
import { choice, empty, figure, panel, tableHead } from "./parts.js";

/**
 * @typedef {import("../money/cost-summary.ts").CostSummary} CostSummary
 * @typedef {CostSummary["lines"][number]} CostLine
 * @typedef {{ over: CostSummary, by: CostSummary }} CostsData
 * @typedef {{ readonly query: URLSearchParams }} Route
 */

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Of one table, unless the router is asked for more. */
const mostLines = 500;

/** @type {readonly (readonly [string, string])[]} */
const ranges = [
  ["1", "Today"],
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
];

/** @type {readonly (readonly [string, string])[]} */
const dimensions = [
  ["user", "User"],
  ["team", "Team"],
  ["model", "Model"],
  ["provider", "Provider"],
  ["day", "Day"],
];

/**
 * @param {Route} route
 * @param {{ readonly nowMs: number }} overview
 * @returns {Promise<CostsData>}
 */
export async function load({ query }, { nowMs }) {
  const { days, by, contains } = choicesOf(query);
  const from = String(startOf(days, nowMs));
  const to = String(nowMs);
  /** @type {[CostSummary, CostSummary]} */
  const [over, lines] = await Promise.all([
    read("/api/costs/summary", { from, to, by: days === 1 ? "hour" : "day" }),
    read("/api/costs/summary", { from, to, by, contains }),
  ]);
  return { over, by: lines };
}

/**
 * @param {CostsData} data
 * @param {{ readonly overview: { readonly nowMs: number }, readonly route: Route }} context
 */
export function view({ over, by }, { overview, route }) {
  const choices = choicesOf(route.query);
  const { total } = by;
  const columns = columnsOf(over, choices.days, overview.nowMs);
  const saved = total.savedByPromptCacheUsd + total.savedByAnswerCacheUsd + total.savedByRoutingUsd;
  return [
    h("div", { class: "head" }, h("h1", {}, "Costs"), choice("Period", "days", String(choices.days), ranges)),
    h(
      "div",
      { class: "figures four" },
      figure("Cost", usd(total.costUsd), choices.days === 1 ? "since midnight UTC" : `last ${choices.days} days, UTC`),
      figure(
        "Calls",
        fullCount(total.calls),
        total.calls === 0 ? "" : `${usd(total.costUsd / total.calls)} on average`,
      ),
      figure("Saved", usd(saved), savedBy(total)),
      figure("Spent on unfinished calls", usd(total.failedCostUsd), counted(total.failedCalls, "call")),
    ),
    panel("Over time", { note: scaleOf(columns, choices.days) }, columnChart(columns, "Cost over time")),
    panel(
      "Who and what",
      { tools: [nameFilter(choices), choice("Split by", "by", choices.by, dimensions)] },
      by.lines.length === 0 ? empty(choices.contains ? "No name fits." : "No calls in this period.") : table(by),
      restOf(by, choices.contains),
    ),
  ];
}

/** @param {URLSearchParams} query */
function choicesOf(query) {
  const days = ranges.find(([value]) => value === query.get("days"))?.[0] ?? "7";
  const by = dimensions.find(([value]) => value === query.get("by"))?.[0] ?? "user";
  return { days: Number(days), by, contains: by === "day" ? null : query.get("contains") };
}

/**
 * Users may be thousands, of which the dearest show.
 *
 * @param {{ readonly by: string, readonly contains: string | null }} choices
 */
function nameFilter({ by, contains }) {
  if (by === "day") return null;
  return h(
    "form",
    { class: "filters", "data-action": "filter", role: "search", "aria-label": "Find a name", key: "filter" },
    h("input", {
      name: "contains",
      value: contains ?? "",
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "part of a name",
      "aria-label": "Part of the name",
    }),
  );
}

/**
 * @param {number} days
 * @param {number} nowMs
 */
function startOf(days, nowMs) {
  return Math.floor(nowMs / dayMs) * dayMs - (days - 1) * dayMs;
}

/** @param {CostSummary["total"]} total */
function savedBy({ savedByPromptCacheUsd, savedByAnswerCacheUsd, savedByRoutingUsd }) {
  const parts = /** @type {const} */ ([
    ["prompt cache", savedByPromptCacheUsd],
    ["answer cache", savedByAnswerCacheUsd],
    ["routing", savedByRoutingUsd],
  ]);
  const told = parts.filter(([, saved]) => saved !== 0);
  if (told.length === 0) return "by caches and routing";
  return told.map(([by, saved]) => (told.length === 1 ? `by the ${by}` : `${usd(saved)} ${by}`)).join(", ");
}

/**
 * One column for each hour or day of the period, also where nothing was spent.
 *
 * @param {CostSummary} over
 * @param {number} days
 * @param {number} nowMs
 */
function columnsOf(over, days, nowMs) {
  const known = new Map(over.lines.map((line) => [line.name, line]));
  const stepMs = days === 1 ? hourMs : dayMs;
  const columns = [];
  const startMs = startOf(days, nowMs);
  for (let atMs = startMs; atMs < startMs + days * dayMs; atMs += stepMs) {
    const name = new Date(atMs).toISOString().slice(0, days === 1 ? 16 : 10);
    const line = known.get(name);
    const words = `${usd(line?.costUsd ?? 0)}, ${counted(line?.calls ?? 0, "call")}`;
    columns.push({ name: period(name), value: line?.costUsd ?? 0, words });
  }
  return columns;
}

/**
 * What the columns stand for: a finger finds no figure by hovering.
 *
 * @param {ReturnType<typeof columnsOf>} columns
 * @param {number} days
 */
function scaleOf(columns, days) {
  const step = days === 1 ? "Hours" : "Days";
  const top = columns.reduce((highest, one) => (one.value > highest.value ? one : highest));
  return `${step} in UTC${top.value > 0 ? `; the highest is ${top.name}: ${top.words}` : ""}.`;
}

/**
 * What the lines leave out: those of many users or models are the dearest alone.
 *
 * @param {CostSummary} summary
 * @param {string | null} contains
 */
function restOf({ lines, total }, contains) {
  if (contains) {
    const isCut = lines.length === mostLines;
    return isCut ? h("p", { class: "note" }, `These are the ${fullCount(mostLines)} dearest that fit.`) : null;
  }
  const calls = lines.reduce((rest, line) => rest - line.calls, total.calls);
  if (calls <= 0) return null;
  // Dollars as they come do not sum exactly; their nano-dollars do.
  const nanoUsd = lines.reduce((rest, line) => rest - Math.round(line.costUsd * 1e9), Math.round(total.costUsd * 1e9));
  const words = `These are the ${fullCount(lines.length)} dearest; all others together: ${counted(calls, "call")}, ${usdFromNano(nanoUsd)}.`;
  return h("p", { class: "note" }, words);
}

/** @param {CostSummary} summary */
function table({ by, lines }) {
  const word = dimensions.find(([value]) => value === by)?.[1] ?? by;
  // Days stand in the order of time; the newest are looked at first.
  const ordered = by === "day" ? [...lines].reverse() : lines;
  return h(
    "table",
    { class: "costs" },
    tableHead([
      word,
      "Cost",
      "Share",
      "Calls",
      "Unfinished",
      "Tokens in",
      "of it cached",
      "Tokens out",
      "Took on average",
    ]),
    h(
      "tbody",
      {},
      ordered.map((line) => row(line, by)),
    ),
  );
}

/**
 * @param {CostLine} line
 * @param {string} by
 */
function row(line, by) {
  const isListed = ["user", "model", "provider"].includes(by) && line.name !== "";
  const name = by === "day" ? period(line.name) : line.name || "none";
  const cell = (/** @type {string} */ label, /** @type {string} */ value) => h("td", { "data-label": label }, value);
  return h(
    "tr",
    { key: `${by} ${line.name}` },
    h(
      "th",
      { scope: "row", title: name },
      isListed ? h("a", { href: `#/calls?${by}=${encodeURIComponent(line.name)}` }, name) : name,
    ),
    h("td", { "data-label": "Cost", class: "cost" }, usd(line.costUsd)),
    h(
      "td",
      { "data-label": "Share" },
      h("div", { class: "share" }, bar(line.share), h("span", {}, percent(line.share))),
    ),
    cell("Calls", count(line.calls)),
    cell("Unfinished", count(line.failedCalls)),
    cell("Tokens in", count(line.inputTokens)),
    cell("of it cached", line.inputTokens === 0 ? "–" : percent(line.cacheReadTokens / line.inputTokens)),
    cell("Tokens out", count(line.outputTokens)),
    cell("Took on average", duration(line.averageDurationMs)),
  );
}
