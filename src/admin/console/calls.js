/** The calls of the ledger, the newest first, with filters. */
import { read } from "./api.js";
import { h } from "./dom.js";
import { clock, count, duration, fullCount, targetName, usdFromNano, zone } from "./format.js";
import { chip, empty, outcomeChip, tableHead } from "./parts.js";
import { addressOf } from "./route.js";

/**
 * @typedef {import("../calls.ts").CallPage} CallPage
 * @typedef {import("../calls.ts").CallLine} CallLine
 * @typedef {{ page: CallPage, providers: { name: string }[] }} CallsData
 * @typedef {{ readonly query: URLSearchParams }} Route
 */

/** What the filter offers, and the words for it. */
const outcomes = /** @type {const} */ ([
  ["", "all"],
  ["success", "answered"],
  ["error", "failed"],
  ["cut", "broken off"],
  ["aborted", "client left"],
]);

/** @param {Route} route @returns {Promise<CallsData>} */
export async function load({ query }) {
  // The router refuses a word that it does not know, and this page would have no filters to choose another.
  const outcome = outcomes.find(([name]) => name === query.get("outcome"))?.[0] ?? null;
  /** @type {[CallPage, CallsData["providers"]]} */
  const [page, providers] = await Promise.all([
    read("/api/calls", {
      limit: "50",
      user: query.get("user"),
      provider: query.get("provider"),
      model: query.get("model"),
      outcome,
      cursor: query.get("cursor"),
    }),
    read("/api/providers/health"),
  ]);
  return { page, providers };
}

/**
 * @param {CallsData} data
 * @param {{ readonly overview: { readonly nowMs: number }, readonly route: Route }} context
 */
export function view({ page, providers }, { overview, route }) {
  const { query } = route;
  const isFiltered = ["user", "provider", "model", "outcome"].some((name) => query.get(name));
  return [
    h("div", { class: "head" }, h("h1", {}, "Calls"), h("p", { class: "note" }, `Times: ${zone}`)),
    filters(query, providers, isFiltered),
    page.calls.length === 0
      ? empty(isFiltered ? "No call fits these filters." : "No calls yet. They show here as soon as they end.")
      : table(page.calls, query, overview.nowMs),
    pager(page, query),
  ];
}

/**
 * @param {URLSearchParams} query
 * @param {CallsData["providers"]} providers
 * @param {boolean} isFiltered
 */
function filters(query, providers, isFiltered) {
  return h(
    "form",
    { class: "filters", "data-action": "filter", role: "search", "aria-label": "Filter the calls" },
    textFilter("user", "User", query),
    textFilter("model", "Model", query),
    selectFilter("provider", "Provider", query, [["", "all"], ...providerNames(query, providers).map(pair)]),
    selectFilter("outcome", "Outcome", query, outcomes),
    isFiltered ? h("a", { class: "button", href: "#/calls", key: "clear" }, "Clear filters") : null,
  );
}

/**
 * Those of the configuration; and the one asked for, which the ledger may know although it is configured no more.
 *
 * @param {URLSearchParams} query
 * @param {CallsData["providers"]} providers
 */
function providerNames(query, providers) {
  const asked = query.get("provider");
  return [...new Set([...providers.map(({ name }) => name), ...(asked ? [asked] : [])])];
}

/** @param {string} name @returns {readonly [string, string]} */
function pair(name) {
  return [name, name];
}

/**
 * @param {string} name
 * @param {string} words
 * @param {URLSearchParams} query
 */
function textFilter(name, words, query) {
  const value = query.get(name) ?? "";
  const attributes = { name, value, type: "search", autocomplete: "off", spellcheck: "false", placeholder: "all" };
  return h("label", {}, words, h("input", attributes));
}

/**
 * @param {string} name
 * @param {string} words
 * @param {URLSearchParams} query
 * @param {readonly (readonly [string, string])[]} options
 */
function selectFilter(name, words, query, options) {
  const current = query.get(name) ?? "";
  return h(
    "label",
    {},
    words,
    h(
      "select",
      { name },
      options.map(([value, text]) => h("option", { value, key: value, selected: value === current }, text)),
    ),
  );
}

/**
 * @param {readonly CallLine[]} calls
 * @param {URLSearchParams} query
 * @param {number} nowMs
 */
function table(calls, query, nowMs) {
  const names = ["Time", "User", "Model", "Why it went there", "Tokens", "Cost", "Took", "Outcome"];
  return h(
    "table",
    { class: "calls" },
    tableHead(names),
    h(
      "tbody",
      {},
      calls.map((call) => row(call, query, nowMs)),
    ),
  );
}

/**
 * @param {CallLine} call
 * @param {URLSearchParams} query
 * @param {number} nowMs
 */
function row(call, query, nowMs) {
  const href = addressOf({ page: "calls", id: call.id, query });
  return h(
    "tr",
    { key: call.id, "data-href": href },
    h(
      "td",
      { class: "time" },
      h("a", { href, title: new Date(call.startedAtMs).toISOString() }, clock(call.startedAtMs, nowMs)),
    ),
    h(
      "td",
      { class: "user", title: call.team ? `${call.user}, team ${call.team}` : call.user },
      h("span", {}, call.user),
      call.team ? h("small", {}, call.team) : null,
    ),
    h(
      "td",
      { class: "model", title: `${call.askedModel || "not named"}, ${destination(call)}` },
      h("span", {}, call.askedModel || "not named"),
      h("small", {}, destination(call)),
    ),
    why(call),
    tokens(call),
    h(
      "td",
      { class: "cost" },
      usdFromNano(call.costNanoUsd),
      call.isUsageEstimated ? h("small", {}, "estimated") : null,
    ),
    h(
      "td",
      { class: "took" },
      h("span", {}, duration(call.durationMs)),
      call.firstByteMs === null ? null : h("small", {}, `first byte ${duration(call.firstByteMs)}`),
    ),
    h(
      "td",
      { class: "outcome" },
      outcomeChip(call),
      call.attempts > 1 ? h("small", {}, `${call.attempts} tries`) : null,
      call.cacheStatus === "hit" || call.cacheStatus === "joined" ? chip("good", `cache ${call.cacheStatus}`) : null,
    ),
  );
}

/** @param {CallLine} call */
function destination({ target, endpoint, attempts, errorMessage }) {
  const failure =
    attempts === 0 ? "reached no provider" : `no answer${errorMessage === null ? "" : `: ${errorMessage}`}`;
  const where = target !== null ? `→ ${targetName(target)}` : failure;
  return endpoint === "count-tokens" ? `counted only, ${where}` : where;
}

/** @param {CallLine} call */
function why({ rule, reason, errorMessage }) {
  if (rule === null) {
    const words = errorMessage ?? "–";
    return h("td", { class: "why" }, h("span", { title: words }, words), h("small", {}, "before routing"));
  }
  return h("td", { class: "why" }, h("span", { title: reason }, reason), h("small", {}, `rule ${rule}`));
}

/** @param {CallLine} call */
function tokens({ usage, inputTokens }) {
  if (usage === null) return h("td", { class: "tokens none" }, "–");
  const kinds = [
    `not cached ${fullCount(usage.uncachedInput)}`,
    `read from cache ${fullCount(usage.cacheRead)}`,
    `written to cache ${fullCount(usage.cacheWrite5m + usage.cacheWrite1h)}`,
    `output ${fullCount(usage.output)}`,
  ];
  return h(
    "td",
    { class: "tokens", title: kinds.join(", ") },
    h("span", {}, `${count(inputTokens)} in, ${count(usage.output)} out`),
    usage.cacheRead > 0 ? h("small", {}, `${count(usage.cacheRead)} from cache`) : null,
  );
}

/**
 * @param {CallPage} page
 * @param {URLSearchParams} query
 */
function pager({ nextCursor }, query) {
  const at = (/** @type {string} */ cursor) => {
    const next = new URLSearchParams(query);
    if (cursor === "") next.delete("cursor");
    else next.set("cursor", cursor);
    return addressOf({ page: "calls", id: null, query: next });
  };
  return h(
    "nav",
    { class: "pager", "aria-label": "Older and newer calls" },
    query.get("cursor") ? h("a", { class: "button", href: at(""), key: "newest" }, "Newest") : null,
    nextCursor === null ? null : h("a", { class: "button", href: at(nextCursor), key: "older" }, "Older"),
  );
}
