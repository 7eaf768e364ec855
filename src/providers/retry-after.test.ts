import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseDurationMs, readRetryAfterMs } from "./retry-after.ts";
import type { UpstreamHeaders } from "./upstream/upstream.ts";

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);

const cases: readonly { title: string; headers?: UpstreamHeaders; body?: string; expected: number | null }[] = [
  { title: "nothing said", expected: null },
  { title: "seconds", headers: { "retry-after": "7" }, expected: 7_000 },
  { title: "parts of a second", headers: { "retry-after": "0.25" }, expected: 250 },
  { title: "milliseconds go before seconds", headers: { "retry-after-ms": "120", "retry-after": "1" }, expected: 120 },
  { title: "a date", headers: { "retry-after": "Fri, 20 Nov 2026 12:01:30 GMT" }, expected: 90_000 },
  { title: "a date gone by", headers: { "retry-after": "Fri, 20 Nov 2026 11:00:00 GMT" }, expected: 0 },
  { title: "nonsense", headers: { "retry-after": "soon" }, expected: null },
  { title: "a date that is none", headers: { "retry-after": "Fri, 40 Nov 2026 99:99:99 GMT" }, expected: null },
  { title: "a negative number", headers: { "retry-after": "-1" }, expected: null },
  {
    title: "OpenAI: the limit of which nothing remains",
    headers: {
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    },
    expected: 360_000,
  },
  {
    title: "Groq: a duration with parts of a second",
    headers: { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s" },
    expected: 62_500,
  },
  {
    title: "limits of which something remains say nothing",
    headers: { "x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "7.66s" },
    expected: null,
  },
  {
    title: "the last of a limit is not nothing",
    headers: { "x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "6s" },
    expected: null,
  },
  { title: "a reset of which nobody says what remains", headers: { "x-ratelimit-reset": "7.66s" }, expected: null },
  {
    title: "OpenRouter: Unix milliseconds",
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(nowMs + 5_000) },
    expected: 5_000,
  },
  {
    title: "Anthropic: a date",
    headers: {
      "anthropic-ratelimit-tokens-remaining": "0",
      "anthropic-ratelimit-tokens-reset": "2026-11-20T12:00:10Z",
    },
    expected: 10_000,
  },
  ...(
    [
      ["a date", { "retry-after": "Fri, 20 Nov 2026 12:10:07 GMT" }],
      ["a moment", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(nowMs + 607_000) }],
      ["a span", { "retry-after": "7" }],
    ] as const
  ).map(([what, headers]) => ({
    title: `${what}, by the clock of a provider that is ten minutes ahead`,
    headers: { date: "Fri, 20 Nov 2026 12:10:00 GMT", ...headers },
    expected: 7_000,
  })),
  {
    title: "a date, beside a time of the answer that is none",
    headers: { date: "now", "retry-after": "Fri, 20 Nov 2026 12:00:07 GMT" },
    expected: 7_000,
  },
  {
    title: "of several limits of which nothing remains, the one that resets last",
    headers: {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "6m0s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "1s",
    },
    expected: 360_000,
  },
  ...(
    [
      ["seconds from now", " 30 ", 30_000],
      ["parts of seconds from now", "0.0001", 1],
      ["a moment in Unix seconds", String(nowMs / 1_000 + 7), 7_000],
      ["the first moment that is one in Unix seconds", "1000000000", 0],
      ["a moment in Unix seconds that has passed", String(nowMs / 1_000 - 7), 0],
      ["a moment in Unix milliseconds that has passed", String(nowMs - 5_000), 0],
      ["nothing left to wait for", "0", 0],
      ["a negative number", "-3", null],
      ["nonsense", "soon", null],
    ] as const
  ).map(([what, reset, expected]) => ({
    title: `a reset: ${what}`,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
    expected,
  })),
  {
    title: "headers that come twice count as the first, blank ones as none",
    headers: { "retry-after-ms": " ", "retry-after": [" 3 ", "9"] },
    expected: 3_000,
  },
  { title: "milliseconds are rounded up", headers: { "retry-after-ms": "0.5" }, expected: 1 },
  { title: "no milliseconds at all", headers: { "retry-after-ms": "0", "retry-after": "9" }, expected: 0 },
  {
    title: "negative milliseconds say nothing",
    headers: { "retry-after-ms": "-1", "retry-after": "9" },
    expected: 9_000,
  },
  { title: "nonsense for milliseconds", headers: { "retry-after-ms": "soon", "retry-after": "9" }, expected: 9_000 },
  { title: "endless milliseconds", headers: { "retry-after-ms": "Infinity", "retry-after": "9" }, expected: 9_000 },
  { title: "seconds are rounded up to milliseconds", headers: { "retry-after": "0.0001" }, expected: 1 },
  { title: "no seconds at all", headers: { "retry-after": "0" }, expected: 0 },
  { title: "numbers that somebody joined count as the first", headers: { "retry-after": "3, 9" }, expected: 3_000 },
  { title: "a moment in place of seconds", headers: { "retry-after": String(nowMs / 1_000 + 90) }, expected: 90_000 },
  { title: "nonsense with a number in it", headers: { "retry-after": "soon 5" }, expected: null },
  { title: "more than a month", headers: { "retry-after": "99999999" }, expected: 31 * 86_400_000 },
  { title: "more than any number", headers: { "retry-after-ms": "1e30" }, expected: 31 * 86_400_000 },
  {
    title: "the end of time, in the body",
    body: "Please try again in 99999999999999999999d.",
    expected: 31 * 86_400_000,
  },
  {
    title: "a limit that is overdrawn",
    headers: { "x-ratelimit-remaining-tokens": "-3", "x-ratelimit-reset-tokens": "6s" },
    expected: 6_000,
  },
  {
    title: "a reset that says nothing",
    headers: { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "" },
    expected: null,
  },
  { title: "a sentence in minutes", body: "Try again in 2 minutes.", expected: 120_000 },
  {
    title: "Gemini: RetryInfo in the body",
    body: JSON.stringify({
      error: { code: 429, details: [{ "@type": "x/google.rpc.QuotaFailure" }, { retryDelay: "34.4s" }] },
    }),
    expected: 34_400,
  },
  {
    title: "Gemini: the same in a list",
    body: JSON.stringify([{ error: { details: [{ retryDelay: "3s" }] } }]),
    expected: 3_000,
  },
  { title: "a sentence", body: "Rate limit reached. Please try again in 1m7.5s. Need more?", expected: 67_500 },
  { title: "a sentence in milliseconds", body: "Please try again in 20ms.", expected: 20 },
  { title: "a sentence in words", body: "Please retry after 24 seconds.", expected: 24_000 },
  { title: "a sentence in capitals", body: "TRY AGAIN IN 1M5S", expected: 65_000 },
  { title: "a sentence of words in capitals", body: "RETRY AFTER 2 MINUTES", expected: 120_000 },
  { title: "a sentence with parts of milliseconds", body: "Retry in 0.0001 seconds.", expected: 1 },
];

describe("the wait that a provider asks for", () => {
  for (const { title, headers = {}, body = "", expected } of cases) {
    test(title, () => assert.equal(readRetryAfterMs(headers, body, nowMs), expected));
  }

  test("is the same in every time zone, also by dates that name none", (t) => {
    const { TZ } = process.env;
    t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
    process.env.TZ = "America/New_York";
    for (const date of ["Fri Nov 20 12:01:30 2026", "2026-11-20T12:01:30", "Friday, 20-Nov-26 12:01:30 GMT"]) {
      assert.equal(readRetryAfterMs({ "retry-after": date }, "", nowMs), 90_000, date);
    }
  });

  test("is never negative and never throws, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("retry-after", "x-ratelimit-reset"), fc.string()),
        fc.string(),
        (headers, body) => {
          const waitMs = readRetryAfterMs(headers, body, nowMs);
          assert.ok(waitMs === null || waitMs >= 0);
        },
      ),
    );
  });
});

test("durations are read with all their units, and nothing else is", () => {
  assert.equal(parseDurationMs("1d2h3m4.5s6ms"), 93_784_506);
  assert.equal(parseDurationMs("0.1ms"), 1);
  for (const text of ["", "5", "s", "1x", "1s!", "-1s"]) assert.equal(parseDurationMs(text), null);
});
