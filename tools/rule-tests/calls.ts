/** Rule tests of src/alerting/alerts/calls.ts. */
import { boundary, counter, fires, halves, histogram, recovers, router, series, silent } from "./scenario.ts";
import type { LabelSet, Scenario } from "./scenario.ts";

function requests(instance: string, status: string, more: LabelSet = {}): string {
  return series("ccr_requests_total", {
    ...router(instance),
    method: "POST",
    route: "/v1/messages",
    status_code: status,
    provider: "anthropic",
    user_tier: "standard",
    ...more,
  });
}

/** Half of the calls each at two providers, the slower ones at one of them. */
function durations(instance: string, parts: Parameters<typeof histogram>[2], more: LabelSet = {}) {
  const labels = { ...router(instance), method: "POST", route: "/v1/messages", cache_status: "miss", ...more };
  const half = (place: 0 | 1) => parts.map(([growth, samples]) => [halves(growth)[place], samples] as const);
  return {
    ...histogram("ccr_request_duration_seconds", { ...labels, provider: "anthropic" }, half(0)),
    ...histogram("ccr_request_duration_seconds", { ...labels, provider: "openai" }, half(1)),
  };
}

/** A thousand calls a minute, 95 % of them up to just below, or just above, 5 or 10 seconds. */
const upTo4s85 = { "2": 0, "5": 1000, "10": 1000, "20": 1000, "+Inf": 1000 };
const upTo5s28 = { "2": 0, "5": 947, "10": 1000, "20": 1000, "+Inf": 1000 };
const upTo9s75 = { "2": 0, "5": 0, "10": 1000, "20": 1000, "+Inf": 1000 };
const upTo10s57 = { "2": 0, "5": 0, "10": 947, "20": 1000, "+Inf": 1000 };
const quick = { "2": 1000, "5": 1000, "10": 1000, "20": 1000, "+Inf": 1000 };

export const callScenarios: readonly Scenario[] = [
  {
    alert: "HighErrorRate",
    title: "fires two minutes after the share of failures in five minutes has passed 5 %, until it is below again",
    series: {
      // 5.25 % from minute 10 on; 4.75 %; and 5 % exactly.
      [requests("failing", "200")]: counter([1000, 10], [1895, 20], [1000, 20]),
      [requests("failing", "502")]: counter([0, 10], [60, 20], [0, 20]),
      [requests("failing", "500")]: counter([0, 10], [45, 20], [0, 20]),
      [requests("well", "200")]: counter([1905, 50]),
      [requests("well", "502")]: counter([95, 50]),
      [requests("edge", "200")]: counter([57, 50]),
      [requests("edge", "529")]: counter([3, 50]),
      // Refusing callers is no failure of ours.
      [requests("strict", "200")]: counter([10, 50]),
      [requests("strict", "429")]: counter([90, 50]),
    },
    checks: [
      silent("10m"),
      boundary("15m"),
      silent("16m"),
      fires("17m", router("failing")),
      fires("30m", router("failing")),
      recovers("31m"),
      silent("45m"),
    ],
    texts: {
      at: "20m",
      labels: router("failing"),
      summary: "High error rate detected",
      description: "5.25% of the calls to failing were answered with 5xx in the last 5 minutes.",
    },
  },
  {
    alert: "HighErrorRate",
    title: "sums over label sets: failures of one provider among much traffic of others stay silent",
    series: {
      [requests("a", "500", { provider: "small" })]: counter([30, 30]),
      [requests("a", "200", { provider: "large" })]: counter([10_000, 30]),
    },
    checks: [silent("10m"), silent("25m")],
  },
  {
    alert: "HighErrorRate",
    title: "fires when four calls a minute all fail, and is silent at 0.015 % of a thousand a second",
    series: {
      [requests("small", "500")]: counter([4, 30]),
      [requests("large", "500")]: counter([9, 30]),
      [requests("large", "200")]: counter([59_991, 30]),
    },
    checks: [fires("10m", router("small")), fires("25m", router("small"))],
  },
  {
    alert: "HighErrorRate",
    title: "counts calls alone: neither consoles that look on nor requests for what no router has change their share",
    series: {
      [requests("watched", "500")]: counter([4, 30]),
      [requests("watched", "200", { method: "GET", route: "/api/overview", provider: "none" })]: counter([120, 30]),
      [requests("scanned", "200")]: counter([4, 30]),
      [requests("scanned", "501", { route: "_other", provider: "none" })]: counter([120, 30]),
    },
    checks: [fires("10m", router("watched")), fires("25m", router("watched"))],
  },
  {
    alert: "HighErrorRate",
    title: "needs ten requests in five minutes",
    series: {
      [requests("nine", "500")]: counter([1.8, 30]),
      [requests("ten", "500")]: counter([1, 30]),
      [requests("ten", "503")]: counter([1, 30]),
      [requests("bursts", "500")]: counter([2.25, 12], [0, 30]),
    },
    checks: [boundary("10m", router("ten"), router("bursts")), fires("20m", router("ten"))],
  },
  {
    alert: "HighLatency",
    title: "fires three minutes after the 95th percentile has passed 5 s, until it is below again",
    series: {
      ...durations("slow", [
        [quick, 10],
        [upTo5s28, 20],
        [quick, 20],
      ]),
      ...durations("well", [[upTo4s85, 50]]),
      ...durations("edge", [[{ "2": 0, "5": 1140, "10": 1200, "20": 1200, "+Inf": 1200 }, 50]]),
    },
    checks: [
      silent("10m"),
      boundary("17m"),
      fires("18m", router("slow")),
      fires("30m", router("slow")),
      recovers("31m"),
      silent("40m"),
    ],
    texts: {
      at: "20m",
      labels: router("slow"),
      summary: "High latency detected",
      description: "5 % of the calls to slow took longer than 5.283s in the last 5 minutes.",
    },
  },
  {
    alert: "HighLatency",
    title: "sums over label sets: one slow route with one call in a hundred stays silent",
    series: {
      ...durations("a", [[quick, 30]]),
      ...durations("a", [[{ "2": 0, "5": 0, "10": 0, "20": 10, "+Inf": 10 }, 30]], { route: "/v1/chat/completions" }),
    },
    checks: [silent("10m"), silent("25m")],
  },
  {
    alert: "HighLatency",
    title: "counts answers alone: quick counts of tokens beside slow calls hide none, and slow ones are no call",
    series: {
      ...durations("counting", [[{ "5": 0, "10": 6, "20": 6, "+Inf": 6 }, 30]]),
      ...durations("counting", [[quick, 30]], { route: "/v1/messages/count_tokens" }),
      ...durations("few", [[{ "5": 0, "10": 0, "20": 1.8, "+Inf": 1.8 }, 30]]),
      ...durations("few", [[{ "5": 0, "10": 0, "20": 6, "+Inf": 6 }, 30]], { route: "/v1/messages/count_tokens" }),
    },
    checks: [fires("10m", router("counting")), fires("25m", router("counting"))],
  },
  {
    alert: "HighLatency",
    title: "needs ten calls in five minutes",
    series: {
      ...durations("nine", [[{ "5": 0, "10": 0, "20": 1.8, "+Inf": 1.8 }, 30]]),
      ...durations("ten", [[{ "5": 0, "10": 0, "20": 2, "+Inf": 2 }, 30]]),
      ...durations("bursts", [
        [{ "5": 0, "10": 0, "20": 2.25, "+Inf": 2.25 }, 13],
        [{ "5": 0, "10": 0, "20": 0, "+Inf": 0 }, 20],
      ]),
    },
    checks: [boundary("12m", router("ten"), router("bursts")), fires("20m", router("ten"))],
  },
  {
    alert: "VeryHighLatency",
    title: "fires a minute after the 95th percentile has passed 10 s: there are buckets above",
    series: {
      ...durations("slow", [
        [quick, 10],
        [upTo10s57, 20],
        [quick, 20],
      ]),
      ...durations("well", [[upTo9s75, 50]]),
      ...durations("edge", [[{ "2": 0, "5": 0, "10": 1140, "20": 1200, "+Inf": 1200 }, 50]]),
    },
    checks: [
      silent("10m"),
      boundary("15m"),
      fires("16m", router("slow")),
      fires("30m", router("slow")),
      recovers("31m"),
      silent("40m"),
    ],
    texts: {
      at: "20m",
      labels: router("slow"),
      summary: "Very high latency detected",
      description: "5 % of the calls to slow took longer than 10.57s in the last 5 minutes.",
    },
  },
  {
    alert: "VeryHighLatency",
    title: "fires at 200 s, too, and not for one slow label set among many",
    series: {
      ...durations("hanging", [[{ "10": 0, "120": 0, "300": 100, "+Inf": 100 }, 30]]),
      ...durations("a", [[quick, 30]]),
      ...durations("a", [[{ "2": 0, "5": 0, "10": 0, "20": 10, "+Inf": 10 }, 30]], { route: "/v1/chat/completions" }),
    },
    checks: [fires("10m", router("hanging")), fires("25m", router("hanging"))],
  },
  {
    alert: "VeryHighLatency",
    title: "counts answers alone: quick counts of tokens beside slow calls hide none, and slow ones are no call",
    series: {
      ...durations("counting", [[{ "5": 0, "10": 0, "20": 6, "+Inf": 6 }, 30]]),
      ...durations("counting", [[quick, 30]], { route: "/v1/messages/count_tokens" }),
      ...durations("few", [[{ "5": 0, "10": 0, "20": 1.8, "+Inf": 1.8 }, 30]]),
      ...durations("few", [[{ "5": 0, "10": 0, "20": 6, "+Inf": 6 }, 30]], { route: "/v1/messages/count_tokens" }),
    },
    checks: [fires("10m", router("counting")), fires("25m", router("counting"))],
  },
  {
    alert: "VeryHighLatency",
    title: "needs ten calls in five minutes, too",
    series: {
      ...durations("nine", [[{ "10": 0, "20": 0, "30": 1.8, "+Inf": 1.8 }, 30]]),
      ...durations("ten", [[{ "10": 0, "20": 0, "30": 2, "+Inf": 2 }, 30]]),
      ...durations("bursts", [
        [{ "10": 0, "20": 0, "30": 2.25, "+Inf": 2.25 }, 13],
        [{ "10": 0, "20": 0, "30": 0, "+Inf": 0 }, 20],
      ]),
    },
    checks: [boundary("12m", router("ten"), router("bursts")), fires("20m", router("ten"))],
  },
];
