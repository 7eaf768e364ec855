/** Rule tests of src/alerting/alerts/providers.ts. */
import { boundary, fires, gauge, halves, histogram, recovers, router, series, silent } from "./scenario.ts";
import type { LabelSet, Scenario } from "./scenario.ts";

const health = (instance: string, provider: string): string =>
  series("ccr_provider_health_score", { ...router(instance), provider });
const up = (instance: string): string => series("up", router(instance));
const breaker = (model: string): string =>
  series("ccr_circuit_breaker_state", { ...router("a"), provider: "groq", model });
const expiry = (instance: string, provider: string): string =>
  series("ccr_provider_certificate_expiry_timestamp_seconds", { ...router(instance), provider });

/** A thousand attempts a minute, 95 % of them up to just below, or just above, 30 seconds. */
const upTo29s75 = { "25": 0, "30": 1000, "50": 1000, "+Inf": 1000 };
const upTo31s1 = { "25": 0, "30": 947, "50": 1000, "+Inf": 1000 };
const quick = { "25": 1000, "30": 1000, "50": 1000, "+Inf": 1000 };

/** Half of the attempts each with two models, the slower ones with one of them. */
function latencies(provider: string, parts: Parameters<typeof histogram>[2], more: LabelSet = {}) {
  const labels = { ...router("a"), provider, ...more };
  const half = (place: 0 | 1) => parts.map(([growth, samples]) => [halves(growth)[place], samples] as const);
  const model = more["model"] ?? "large";
  return {
    ...histogram("ccr_provider_latency_seconds", { ...labels, model }, half(0)),
    ...histogram("ccr_provider_latency_seconds", { ...labels, model: `${model}-2` }, half(1)),
  };
}

const groqAtA = { ...router("a"), provider: "groq" };
const largeAtGroq = { ...groqAtA, model: "large" };

export const providerScenarios: readonly Scenario[] = [
  {
    alert: "ProviderDown",
    title: "fires for a provider whose score is below 0.5 for two minutes, at the router that sees it so",
    series: {
      [health("a", "groq")]: gauge([1, 5], [0.47, 10], [0.9, 10]),
      [health("a", "edge")]: gauge([0.5, 25]),
      [health("a", "slow")]: gauge([0.53, 25]),
      [health("b", "groq")]: gauge([1, 25]),
    },
    checks: [silent("4m"), boundary("6m"), fires("7m", groqAtA), fires("14m", groqAtA), recovers("15m")],
    texts: {
      at: "7m",
      labels: groqAtA,
      summary: "Provider groq is unhealthy",
      description: "The health score of provider groq at a is 0.47 of 1: it fails, limits, or its breakers are open.",
    },
  },
  {
    alert: "AllProvidersDown",
    title: "fires where even the best provider is below 0.5 for two minutes",
    series: {
      [health("a", "groq")]: gauge([0.1, 25]),
      [health("a", "openai")]: gauge([1, 5], [0.47, 10], [0.9, 10]),
      [health("b", "groq")]: gauge([0.1, 25]),
      [health("b", "edge")]: gauge([0.5, 25]),
      [health("c", "slow")]: gauge([0.53, 25]),
    },
    checks: [silent("4m"), boundary("6m"), fires("7m", router("a")), fires("14m", router("a")), recovers("15m")],
    texts: {
      at: "7m",
      labels: router("a"),
      summary: "All providers are unhealthy",
      description: "The best health score of any provider at a is 0.47 of 1: there is nowhere to fail over to.",
    },
  },
  {
    alert: "ProviderHealthAbsent",
    title: "fires for a router that runs and shows no score for five minutes, where ProviderDown stays silent",
    series: {
      [up("a")]: gauge([1, 40]),
      [health("a", "groq")]: "1+0x4 stale _x14 1+0x20",
      // Another program's score at the same address is not the router's.
      [series("ccr_provider_health_score", { job: "other", instance: "a", provider: "groq" })]: gauge([1, 40]),
      [up("b")]: gauge([1, 40]),
      [health("b", "groq")]: gauge([1, 40]),
      // A router that is down shows no score either: ServiceDown tells of it.
      [up("down")]: gauge([0, 40]),
      [series("up", { job: "redis", instance: "r" })]: gauge([1, 40]),
    },
    checks: [silent("4m"), boundary("9m"), fires("10m", router("a")), fires("19m", router("a")), recovers("20m")],
    texts: {
      at: "10m",
      labels: router("a"),
      summary: "No provider's health is known",
      description:
        "a runs, yet shows no provider's health score: another program answers there, or the router lost sight of its providers.",
    },
  },
  {
    alert: "ProviderHighLatency",
    title: "fires three minutes after a provider's 95th percentile has passed 30 s, until it is below again",
    series: {
      ...latencies("slow", [
        [quick, 10],
        [upTo31s1, 20],
        [quick, 20],
      ]),
      ...latencies("well", [[upTo29s75, 50]]),
      ...latencies("edge", [[{ "25": 0, "30": 1140, "50": 1200, "+Inf": 1200 }, 50]]),
    },
    checks: [
      silent("10m"),
      boundary("17m"),
      fires("18m", { provider: "slow" }),
      fires("30m", { provider: "slow" }),
      recovers("31m"),
      silent("40m"),
    ],
    texts: {
      at: "20m",
      labels: { provider: "slow" },
      summary: "High provider latency",
      description: "5 % of the attempts at provider slow took longer than 31.13s in the last 5 minutes.",
    },
  },
  {
    alert: "ProviderHighLatency",
    title: "sums over models and routers: one slow model with few calls stays silent",
    series: {
      ...latencies("a", [[quick, 30]]),
      ...latencies("a", [[{ "25": 0, "30": 0, "50": 10, "+Inf": 10 }, 30]], { model: "huge", instance: "b" }),
    },
    checks: [silent("10m"), silent("25m")],
  },
  {
    alert: "ProviderHighLatency",
    title: "needs ten attempts in five minutes",
    series: {
      ...latencies("nine", [[{ "30": 0, "50": 1.8, "+Inf": 1.8 }, 30]]),
      ...latencies("ten", [[{ "30": 0, "50": 2, "+Inf": 2 }, 30]]),
      ...latencies("bursts", [
        [{ "30": 0, "50": 2.25, "+Inf": 2.25 }, 13],
        [{ "30": 0, "50": 0, "+Inf": 0 }, 20],
      ]),
    },
    checks: [boundary("12m", { provider: "ten" }, { provider: "bursts" }), fires("20m", { provider: "ten" })],
  },
  {
    alert: "BreakerOpen",
    title:
      "fires for a breaker that stays open for five minutes, through the moments when it lets a probe pass, until it closes",
    series: {
      [breaker("large")]: "0+0x4 2 2 1 1 2 2 1 1 2 2 1 1 2 2 0+0x20",
      // Two minutes of trouble; and three before one that is half open for long.
      [breaker("small")]: gauge([0, 5], [2, 2], [0, 30]),
      [breaker("probed")]: gauge([0, 5], [2, 3], [1, 30]),
    },
    checks: [
      silent("4m"),
      boundary("9m"),
      fires("10m", largeAtGroq),
      fires("15m", largeAtGroq),
      fires("18m", largeAtGroq),
      recovers("19m"),
    ],
    texts: {
      at: "10m",
      labels: largeAtGroq,
      summary: "The circuit breaker of groq/large stays open",
      description: "a has kept calls away from groq/large for more than 5 minutes: no probe has succeeded.",
    },
  },
  {
    alert: "ProviderCertificateExpiring",
    title: "fires two weeks before a certificate ends, an hour after that, until another one is shown",
    series: {
      // 14 days are 1,209,600 s: at the second hour fewer are left.
      [expiry("a", "groq")]: gauge([1_216_800, 300], [9_000_000, 60]),
      [expiry("b", "groq")]: gauge([9_000_000, 360]),
      [expiry("a", "later")]: gauge([9_000_000, 360]),
    },
    checks: [
      silent("2h"),
      boundary("180m"),
      fires("181m", { provider: "groq" }),
      fires("299m", { provider: "groq" }),
      recovers("5h"),
    ],
    texts: {
      at: "190m",
      labels: { provider: "groq" },
      summary: "The certificate of provider groq expires soon",
      description:
        "The TLS certificate that provider groq shows is good for 13d 22h 50m 0s more; after that no call to it succeeds.",
    },
  },
];
