/** Gathers what investigations compare: calls from the ledger, and /metrics as it changes, over HTTP from a running router. */
import { toJsonArray, toJsonObject, toText, toTextOrNull } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { CacheStatus } from "../../core/record.ts";
import type { Scrape } from "../metrics-text.ts";
import type { RouterClient } from "../router-http.ts";
import type { CallSample, Period } from "./period.ts";

/** /metrics, again and again: the first and the last are what rates are made of. */
export interface Watched {
  readonly scrapes: readonly { readonly scrape: Scrape; readonly atMs: number }[];
  readonly spanMs: number;
}

export interface Watching {
  readonly everyMs: number;
  readonly spanMs: number;
  readonly wait: (ms: number) => Promise<void>;
  /** Told after each scrape which part of the time has passed. */
  readonly onProgress?: (part: number) => void;
}

/** At least two scrapes. Throws Error where the router stops answering meanwhile. */
export async function watchMetrics(router: RouterClient, watching: Watching): Promise<Watched> {
  const { everyMs, spanMs, wait, onProgress } = watching;
  const startMs = performance.now();
  const elapsedMs = (): number => performance.now() - startMs;
  const scrapes: { scrape: Scrape; atMs: number }[] = [];
  for (;;) {
    const scrape = await router.scrape();
    if (scrape === null) throw new Error(`${router.url}/metrics does not answer any more`);
    scrapes.push({ scrape, atMs: elapsedMs() });
    onProgress?.(Math.min(1, elapsedMs() / spanMs));
    if (scrapes.length > 1 && elapsedMs() >= spanMs) return { scrapes, spanMs: elapsedMs() };
    await wait(Math.min(everyMs, Math.max(10, spanMs - elapsedMs())));
  }
}

const pageSize = 500;
const maxPages = 4;

/** The newest calls that started from `fromMs` to `toMs`; at most 2,000. Rejects as `getJson` does. */
export async function gatherPeriod(router: RouterClient, fromMs: number, toMs: number): Promise<Period> {
  const lines: JsonObject[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < maxPages; page++) {
    const answer = await router.getJson("/api/calls", {
      from: String(Math.floor(fromMs)),
      to: String(Math.floor(toMs)),
      limit: String(pageSize),
      ...(cursor === null ? {} : { cursor }),
    });
    const { calls, nextCursor } = toJsonObject(answer);
    lines.push(...toJsonArray(calls).map(toJsonObject));
    cursor = toTextOrNull(nextCursor);
    if (cursor === null) break;
  }
  const oldestMs = Number(lines.at(-1)?.startedAtMs ?? fromMs);
  return {
    calls: lines.filter(({ endpoint }) => endpoint !== "count-tokens").map(toSample),
    spanMs: toMs - (cursor === null ? fromMs : oldestMs),
    isSampled: cursor !== null,
  };
}

function toSample(line: JsonObject): CallSample {
  const { target, usage } = line;
  return {
    id: toText(line.id),
    user: toText(line.user),
    provider: toText(toJsonObject(target).provider),
    model: toText(toJsonObject(target).model),
    durationMs: Number(line.durationMs),
    firstByteMs: typeof line.firstByteMs === "number" ? line.firstByteMs : null,
    outcome: toText(line.outcome),
    errorCode: toTextOrNull(line.errorCode),
    errorMessage: toTextOrNull(line.errorMessage),
    attempts: Number(line.attempts),
    inputTokens: Number(line.inputTokens ?? 0),
    cacheReadTokens: Number(toJsonObject(usage).cacheRead ?? 0),
    outputTokens: Number(toJsonObject(usage).output ?? 0),
    cacheStatus: toText(line.cacheStatus) as CacheStatus,
  };
}
