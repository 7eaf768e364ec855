/** The first page: is it well, how much goes on, what does it cost, and which provider gives trouble. */
import { read, readIfKnown } from "./api.js";
import { bar, sparkline } from "./charts.js";
import { h } from "./dom.js";
import { ago, clock, count, counted, duration, percent, rate, usd } from "./format.js";
import { chip, empty, figure, outcomeChip, panel, toneOf } from "./parts.js";

/**
 * @typedef {import("../../monitoring/health/provider-health.ts").ProviderHealth} ProviderHealth
 * @typedef {import("../../providers/breaker-board.ts").BreakerOverview} Breaker
 * @typedef {import("../calls.ts").CallPage} CallPage
 * @typedef {import("../console-overview.ts").Overview} Overview
 * @typedef {{ id: string, endpoint: string, user: string | null, asked_model: string | null, target: string | null, state: string, age_ms: number }} RunningCall
 * @typedef {{ providers: ProviderHealth[], breakers: Breaker[], running: { calls: RunningCall[] }, failures: CallPage | null }} OverviewData
 */

const maxRunning = 8;

/** @param {unknown} _route @param {Overview} pulse @returns {Promise<OverviewData>} */
export async function load(_route, { today }) {
  /** @type {[ProviderHealth[], Breaker[], { calls: RunningCall[] }, CallPage | null]} */
  const [providers, breakers, running, failures] = await Promise.all([
    read("/api/providers/health"),
    read("/debug/circuit-breakers"),
    read("/debug/connections"),
    // While the ledger cannot be read the router asks it for seconds, and the rest of the page would wait.
    today === null ? null : readIfKnown("/api/calls", { outcome: "error", limit: "6" }),
  ]);
  return { providers, breakers, running, failures };
}

/**
 * @param {OverviewData} data
 * @param {{ readonly overview: Overview }} context
 */
export function view(data, { overview }) {
  const { nowMs } = overview;
  return [
    h("h1", { class: "visually-hidden" }, "Overview"),
    healthNotes(overview),
    alertNotes(overview),
    figures(overview),
    panel(
      "Providers",
      { note: "Health is judged by real calls alone, over the last minutes." },
      data.providers.length === 0
        ? empty("No provider is configured.")
        : h(
            "ul",
            { class: "providers" },
            data.providers.map((provider) => providerRow(provider, data.breakers, nowMs)),
          ),
    ),
    h(
      "div",
      { class: "halves" },
      runningPanel(data.running.calls, overview.today?.calls === 0),
      failuresPanel(data.failures, nowMs),
    ),
  ];
}

/** @param {Overview} overview */
function healthNotes({ health }) {
  if (health.reasons.length === 0) return null;
  return h(
    "ul",
    { class: "reasons", "aria-label": "What needs a look" },
    health.reasons.map(({ component, status, reason }) =>
      h(
        "li",
        { class: toneOf(status), key: component, title: reason },
        h("span", {}, h("strong", {}, component), ` ${reason}`),
      ),
    ),
  );
}

/** @param {Overview} overview */
function alertNotes({ alerts, nowMs }) {
  if (alerts.length === 0) return null;
  return h(
    "ul",
    { class: "reasons", "aria-label": "Alerts that fire" },
    alerts.map(({ id, name, severity, summary, startedAtMs, acknowledgedBy }) =>
      h(
        "li",
        { class: toneOf(severity === "critical" ? "unhealthy" : "degraded"), key: id, title: summary },
        h(
          "span",
          {},
          h("a", { href: `runbooks/${encodeURIComponent(name)}` }, h("strong", {}, name)),
          ` ${ago(startedAtMs, nowMs)}${acknowledgedBy === null ? "" : `, seen by ${acknowledgedBy}`}: ${summary}`,
        ),
      ),
    ),
  );
}

/** @param {Overview} overview */
function figures({ activity, callsInFlight, today, uptimeSeconds }) {
  // Nothing stands before the start, and the last step is still filling: drawn, it would look like a fall.
  const lived = Math.max(8, Math.ceil((uptimeSeconds * 1000) / activity.stepMs) + 1);
  const steps = activity.steps.slice(-lived - 1, -1);
  const perMinute = 60_000 / activity.stepMs;
  // Requests that their callers got wrong are no alarm.
  const isFailing = (activity.failedShare ?? 0) - (activity.callerFaultShare ?? 0) >= 0.05;
  return h(
    "div",
    { class: "figures" },
    figure(
      "Calls a minute",
      rate(activity.callsPerMinute),
      `${count(callsInFlight)} running now`,
      sparkline(
        steps.map(({ calls }) => calls * perMinute),
        "Calls a minute over the last minutes",
      ),
    ),
    figure(
      "Failed calls",
      percent(activity.failedShare),
      "of the last 5 minutes",
      sparkline(
        steps.map(({ failed }) => failed),
        "Failed calls over the last minutes",
      ),
      isFailing ? "bad" : "",
    ),
    figure(
      "Cost today",
      usd(today?.costUsd),
      today === null ? "the ledger cannot be read" : `${counted(today.calls, "call")} since midnight UTC`,
      sparkline(
        steps.map(({ costNanoUsd }) => costNanoUsd),
        "Cost over the last minutes",
      ),
    ),
    figure(
      "Typical call",
      duration(activity.p50Ms),
      "half are faster (p50)",
      sparkline(
        steps.map(({ p50Ms }) => p50Ms),
        "Median duration over the last minutes",
      ),
    ),
    figure(
      "Slow call",
      duration(activity.p95Ms),
      "1 in 20 is slower (p95)",
      sparkline(
        steps.map(({ p95Ms }) => p95Ms),
        "95th percentile of durations over the last minutes",
      ),
    ),
  );
}

/**
 * @param {ProviderHealth} provider
 * @param {readonly Breaker[]} breakers
 * @param {number} nowMs
 */
function providerRow(provider, breakers, nowMs) {
  const own = breakers.filter(({ target }) => target.provider === provider.name);
  const troubled = own.filter(({ kind }) => kind !== "closed");
  const { lastError } = provider;
  // Nothing was seen of it: its score is the one that every provider begins with.
  const isUntried = provider.attempts === 0 && provider.status === "healthy";
  return h(
    "li",
    { key: provider.name },
    h(
      "div",
      { class: "who" },
      h("a", { href: `#/calls?provider=${encodeURIComponent(provider.name)}`, class: "name" }, provider.name),
      isUntried ? chip("calm", "no calls") : chip(toneOf(provider.status), provider.status),
    ),
    isUntried
      ? h("div", { class: "score" }, h("span", { class: "number" }, "–"))
      : h(
          "div",
          { class: "score", title: partsInWords(provider.parts) },
          h("span", { class: "number" }, Math.round(provider.score * 100)),
          bar(provider.score, toneOf(provider.status)),
        ),
    h("div", { class: "tries" }, counted(provider.attempts, "try", "tries")),
    h(
      "div",
      { class: "last" },
      lastError === null
        ? h("span", { class: "quiet" }, "no error since the start")
        : [
            h("span", { title: lastError.code }, lastError.message),
            h("span", { class: "quiet" }, ` ${lastError.model}, ${ago(lastError.atMs, nowMs)}`),
          ],
    ),
    troubled.length === 0
      ? null
      : h(
          "ul",
          { class: "breakers" },
          troubled.map((breaker) => breakerRow(breaker, nowMs)),
        ),
  );
}

/**
 * @param {Breaker} breaker
 * @param {number} nowMs
 */
function breakerRow({ name, target, kind, untilMs, reason }, nowMs) {
  const what =
    kind === "open"
      ? `gets no calls but early probes${untilMs === null ? "" : ` for ${duration(Math.max(0, untilMs - nowMs))}`}`
      : "is tried with the next call";
  return h(
    "li",
    { key: name },
    chip(toneOf(kind), `breaker ${kind}`),
    h("span", { class: "why" }, h("strong", {}, target.model), ` ${what}`, reason === null ? "" : `: ${reason}`),
    h("button", { type: "button", "data-action": "reset-breaker", "data-name": name }, "Reset"),
  );
}

/** @param {ProviderHealth["parts"]} parts */
function partsInWords({ success, latency, headroom, breaker }) {
  return `success ${percent(success)}, speed ${percent(latency)}, headroom ${percent(headroom)}, breakers closed ${percent(breaker)}`;
}

/**
 * @param {readonly RunningCall[]} calls
 * @param {boolean} isUnused no call has come today: whoever looks may be new here
 */
function runningPanel(calls, isUnused) {
  const rest = calls.length - maxRunning;
  return panel(
    "Running now",
    {},
    calls.length === 0
      ? empty(isUnused ? "No call today. `ccr code` runs Claude Code through this router." : "No call is running.")
      : h(
          "ul",
          { class: "lines" },
          calls
            .slice(0, maxRunning)
            .map((call) =>
              h(
                "li",
                { key: call.id },
                h("span", { class: "what" }, call.target ?? call.asked_model ?? call.endpoint),
                h("span", { class: "quiet" }, `${call.user ?? "somebody"}, ${call.state}`),
                h("span", { class: "figure-right" }, duration(call.age_ms)),
              ),
            ),
        ),
    rest > 0 ? h("p", { class: "note" }, `and ${count(rest)} more`) : null,
  );
}

/**
 * @param {CallPage | null} failures null: the ledger cannot be read.
 * @param {number} nowMs
 */
function failuresPanel(failures, nowMs) {
  if (failures === null) return panel("Latest failed calls", {}, empty("The ledger cannot be read."));
  const { calls } = failures;
  return panel(
    "Latest failed calls",
    { tools: h("a", { href: "#/calls?outcome=error" }, "all") },
    calls.length === 0
      ? empty("None. Good.")
      : h(
          "ul",
          { class: "lines" },
          calls.map((call) =>
            h(
              "li",
              { key: call.id },
              h("a", { class: "what", href: `#/calls/${encodeURIComponent(call.id)}` }, call.errorMessage ?? "failed"),
              h(
                "span",
                { class: "quiet" },
                `${clock(call.startedAtMs, nowMs)}, ${call.user}, ${call.askedModel || "no model named"}`,
              ),
              h("span", { class: "figure-right" }, outcomeChip(call)),
            ),
          ),
        ),
  );
}
