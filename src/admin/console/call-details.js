/** The whole account of one call: why it went there, what was tried, what it cost and why that much. */
import { bar } from "./charts.js";
import { h } from "./dom.js";
import { duration, fullCount, moment, outcomeWord, targetName, usd, usdFromNano } from "./format.js";
import { chip, empty, facts, outcomeChip, panel, tableHead, toneOf } from "./parts.js";

/**
 * @typedef {import("../calls.ts").CallDetail} CallDetail
 * @typedef {CallDetail["record"]} CallRecord
 * @typedef {import("./dom.js").Child} Child
 */

/**
 * @param {CallDetail | null} detail null while it is being read.
 * @param {string | null} problem
 * @returns {Child}
 */
export function view(detail, problem) {
  const close = h("button", { type: "button", class: "close", key: "close", "data-action": "close-details" }, "Close");
  if (detail === null) {
    return [
      h("header", { class: "details-head", key: "head" }, h("div", {}, h("h1", {}, "Call")), close),
      problem === null ? empty("Reading…") : empty(problem),
    ];
  }
  const { record } = detail;
  return [
    h(
      "header",
      { class: "details-head", key: "head" },
      h(
        "div",
        {},
        h("h1", { title: record.askedModel }, record.askedModel || "No model named"),
        summary(record, detail.costNanoUsd),
      ),
      close,
    ),
    record.errorMessage === null
      ? null
      : h("p", { class: "problem" }, record.errorMessage, h("code", {}, record.errorCode ?? "")),
    planPanel(record),
    attemptsPanel(detail),
    moneyPanel(detail),
    record.notes.length === 0
      ? null
      : panel(
          "Notes",
          { note: "What translation left out or changed." },
          h(
            "ul",
            { class: "notes" },
            record.notes.map((note) => h("li", {}, note)),
          ),
        ),
    factsPanel(record),
  ];
}

/**
 * @param {CallRecord} record
 * @param {number | null} costNanoUsd
 */
function summary(record, costNanoUsd) {
  const firstByte = record.firstByteMs === null ? "" : `, first byte after ${duration(record.firstByteMs)}`;
  return h(
    "p",
    { class: "summary" },
    outcomeChip(record),
    h("span", {}, record.caller.user),
    h("span", {}, usdFromNano(costNanoUsd)),
    h("span", {}, `${duration(record.durationMs)}${firstByte}`),
  );
}

/** @param {CallRecord} record */
function planPanel({ plan, target, outcome }) {
  if (plan === null) return panel("Why it went there", {}, empty("It was refused before a target was chosen."));
  return panel(
    "Why it went there",
    { note: `Rule ${plan.rule}: ${plan.reason}` },
    h(
      "ol",
      { class: "plan" },
      plan.targets.map((planned) =>
        h(
          "li",
          {},
          h("strong", {}, targetName(planned)),
          planned.provider !== target?.provider || planned.model !== target.model
            ? null
            : outcome === "success"
              ? chip("good", "answered")
              : chip(toneOf(outcome), outcomeWord(outcome)),
          h("small", {}, planned.reason),
        ),
      ),
    ),
  );
}

/** @param {CallDetail} detail */
function attemptsPanel({ record: { attempts, passedOver = [], durationMs }, attemptEnds }) {
  return panel(
    "Tries",
    {},
    attempts.length === 0
      ? empty("Nothing was sent to a provider.")
      : h(
          "ol",
          { class: "attempts" },
          attempts.map((attempt, index) => attemptItem(attempt, attemptEnds[index], durationMs)),
        ),
    passedOver.map(({ target, message }) => h("p", {}, `${targetName(target)} was not asked. ${message}`)),
  );
}

/**
 * @param {CallRecord["attempts"][number]} attempt
 * @param {CallDetail["attemptEnds"][number] | undefined} end
 * @param {number} callMs
 */
function attemptItem(attempt, end, callMs) {
  const { target, startedAfterMs, credential, status } = attempt;
  const { errorCode, message } = end ?? attempt;
  const tookMs = end === undefined ? attempt.durationMs : end.endedAfterMs - startedAfterMs;
  const tone = errorCode === null ? "good" : errorCode === "caller_gone" ? toneOf("aborted") : "bad";
  const sent = `started after ${duration(startedAfterMs)}, with ${credential}, `;
  return h(
    "li",
    {},
    h(
      "div",
      { class: "line" },
      h("strong", {}, targetName(target)),
      chip(tone, errorCode ?? "answered"),
      h("span", { class: "figure-right" }, duration(tookMs)),
    ),
    bar(tookMs / Math.max(1, callMs), tone, startedAfterMs / Math.max(1, callMs)),
    h("small", {}, sent + (status === null ? "no HTTP answer" : `HTTP ${status}`)),
    message === null ? null : h("p", {}, message),
  );
}

/** @param {CallDetail} detail */
function moneyPanel({ record, costNanoUsd, prices, costParts, corrections }) {
  const { usage, savings } = record;
  if (usage === null) return panel("Tokens and cost", {}, empty("Nothing was used, nothing was charged."));
  const rows = /** @type {const} */ ([
    ["Input", usage.uncachedInput, prices?.uncachedInput, costParts?.uncachedInput],
    ["Cache read", usage.cacheRead, prices?.cacheRead, costParts?.cacheRead],
    ["Cache write, 5 min", usage.cacheWrite5m, prices?.cacheWrite5m, costParts?.cacheWrite5m],
    ["Cache write, 1 h", usage.cacheWrite1h, prices?.cacheWrite1h, costParts?.cacheWrite1h],
    ["Output", usage.output - usage.reasoning, prices?.output, costParts?.output],
    ["Reasoning", usage.reasoning, prices?.reasoning ?? prices?.output, costParts?.reasoning],
  ]);
  return panel(
    "Tokens and cost",
    { note: record.isUsageEstimated ? "The provider sent no counts: these are the router's estimate." : null },
    h(
      "table",
      { class: "plain" },
      tableHead(["Kind", "Tokens", "Per million", "Cost"]),
      h(
        "tbody",
        {},
        rows
          .filter(([, tokens]) => tokens > 0)
          .map(([name, tokens, price, cost]) =>
            // Pico-dollars a token are micro-dollars a million of them.
            moneyRow(name, fullCount(tokens), usd(price === undefined ? null : price / 1e6), usdFromNano(cost)),
          ),
        usage.serverToolRequests > 0
          ? moneyRow(
              "Requests to the provider's tools",
              fullCount(usage.serverToolRequests),
              `${usdFromNano(prices?.serverToolRequest)} each`,
              usdFromNano(costParts?.serverTools),
            )
          : null,
      ),
      h("tfoot", {}, moneyRow("Together", "", "", usdFromNano(costNanoUsd))),
    ),
    prices === null ? null : h("p", { class: "note" }, sourceInWords(prices)),
    (usage.furtherModels ?? []).map((further) => h("p", { class: "note" }, furtherModelInWords(further))),
    savings === undefined ? null : h("p", { class: "note" }, savingsInWords(savings)),
    corrections.map((correction) =>
      h(
        "p",
        { class: "note" },
        `Corrected from ${usdFromNano(correction.fromNanoUsd)} to ${usdFromNano(correction.toNanoUsd)}: ${correction.reason}`,
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} amount
 * @param {string} price
 * @param {string} cost
 */
function moneyRow(name, amount, price, cost) {
  return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, amount), h("td", {}, price), h("td", {}, cost));
}

/** @param {NonNullable<NonNullable<CallRecord["usage"]>["furtherModels"]>[number]} further */
function furtherModelInWords({ model, usage }) {
  const input = usage.uncachedInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  return `Of these, ${fullCount(input)} input and ${fullCount(usage.output)} output tokens are ${model}'s, at its own prices.`;
}

/** @type {Readonly<Record<string, string>>} */
const sources = {
  catalog: "Prices from the price catalog",
  configuration: "Prices from this router's configuration",
  fallback: "The model has no listed price: the configured fallback price was taken",
  local: "Served by a machine of your own: it costs nothing",
};

/** @param {NonNullable<CallDetail["prices"]>} prices */
function sourceInWords({ source, listedAs, aboveContextTokens }) {
  const entry = listedAs === undefined ? "" : `, listed as ${listedAs}`;
  const tier =
    aboveContextTokens === undefined ? "" : `, for prompts of more than ${fullCount(aboveContextTokens)} tokens`;
  return `${sources[source] ?? source}${entry}${tier}.`;
}

/** @param {NonNullable<CallRecord["savings"]>} savings */
function savingsInWords({ answerCache, promptCache, routing }) {
  const parts = /** @type {const} */ ([
    ["the provider's prompt cache", promptCache],
    ["the answer cache", answerCache],
    ["routing", routing],
  ]);
  const told = parts.filter(([, nanoUsd]) => nanoUsd !== 0).map(([by, nanoUsd]) => `${usdFromNano(nanoUsd)} by ${by}`);
  return told.length === 0 ? "" : `Saved: ${told.join(", ")}.`;
}

/** @param {CallRecord} record */
function factsPanel(record) {
  const { caller, client } = record;
  return panel(
    "The call",
    {},
    facts([
      ["Id", h("code", {}, record.id)],
      ["Started", moment(record.startedAtMs)],
      ["Ended", `${outcomeWord(record.outcome)}, HTTP ${record.status}`],
      ["User", caller.team === null ? caller.user : `${caller.user}, team ${caller.team}`],
      ["Key", `${caller.keyId}, tier ${caller.tier}`],
      [
        "Client",
        [client.app, client.sessionId === null ? null : `session ${client.sessionId}`].filter(Boolean).join(", "),
      ],
      ["Endpoint", `${record.endpoint}${record.isStreaming ? ", streaming" : ""}`],
      ["Model in the answer", record.answeredModel],
      ["Why the model stopped", record.stopReason],
      ["Answer cache", record.cacheStatus],
      ["Waited for providers", duration(record.providerMs)],
      ["Bytes", `${fullCount(record.requestBytes)} in, ${fullCount(record.answerBytes)} out`],
    ]),
  );
}
