/** Asks a running router over HTTP: its probes and metrics, and with the admin key its operators' API. */
import { fetchErrorReason } from "../core/http/fetch-error.ts";
import { parseJson, toJsonObject } from "../core/json/json.ts";
import type { JsonValue } from "../core/json/json.ts";
import { parseMetrics } from "./metrics-text.ts";
import type { Scrape } from "./metrics-text.ts";

export interface RouterAddress {
  /** `http://127.0.0.1:3456` */
  readonly url: string;
  /** The operators' key, or a caller's own; null without one. */
  readonly key: string | null;
  readonly isAdminKey: boolean;
}

/** `refused`: the operators' API wants a key that we have not. `away`: nobody answers, or not in time. */
export type RouterAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly text: string; readonly tookMs: number }
  | { readonly kind: "refused" }
  | { readonly kind: "away"; readonly reason: string };

/** A page that holds no answer, and why: the router wants another key, it failed, or it did not answer in time. */
export class UnreadPageError extends Error {
  readonly isRefused: boolean;

  constructor(path: string, answer: RouterAnswer) {
    super(`${path} ${whatItDid(answer)}`);
    this.name = "UnreadPageError";
    this.isRefused = answer.kind === "refused";
  }
}

export interface RouterClient {
  readonly url: string;
  /** Whether it shows a key that is meant to be the operators'. */
  readonly hasAdminKey: boolean;
  get(path: string, query?: Readonly<Record<string, string>>): Promise<RouterAnswer>;
  /** The body of an answer of status 200. Rejects with UnreadPageError for anything else. */
  getJson(path: string, query?: Readonly<Record<string, string>>): Promise<JsonValue>;
  /** null where it does not answer. */
  scrape(): Promise<Scrape | null>;
}

/** Each question ends after this long: a router that hangs must not hang the one who looks for the cause. */
const defaultLimitMs = 10_000;

export function createRouterClient(address: RouterAddress, limitMs: number = defaultLimitMs): RouterClient {
  const { url, key, isAdminKey } = address;
  const get: RouterClient["get"] = async (path, query = {}) => {
    const search = new URLSearchParams(query).toString();
    const startMs = performance.now();
    try {
      const answer = await fetch(`${url}${path}${search === "" ? "" : `?${search}`}`, {
        headers: key === null ? {} : { "x-api-key": key },
        signal: AbortSignal.timeout(limitMs),
      });
      const text = await answer.text();
      if (answer.status === 401 || answer.status === 403) return { kind: "refused" };
      return { kind: "answered", status: answer.status, text, tookMs: performance.now() - startMs };
    } catch (error) {
      return { kind: "away", reason: reasonOf(error, limitMs) };
    }
  };
  return {
    url,
    hasAdminKey: isAdminKey,
    get,
    async getJson(path, query) {
      const answer = await get(path, query);
      const body = answer.kind === "answered" && answer.status === 200 ? parseJson(answer.text) : undefined;
      if (body === undefined) throw new UnreadPageError(path, answer);
      return body;
    },
    async scrape() {
      const answer = await get("/metrics");
      return answer.kind === "answered" && answer.status === 200 ? parseMetrics(answer.text) : null;
    },
  };
}

/** Whether a router answered its `/livez`, and no other program that happens to have such a page. */
export function isRouterAlive(answer: RouterAnswer): boolean {
  if (answer.kind !== "answered" || answer.status !== 200) return false;
  return toJsonObject(parseJson(answer.text)).program === "claude-code-router";
}

/** Of an answer that a reader has no use for. */
function whatItDid(answer: RouterAnswer): string {
  if (answer.kind === "refused") return "is refused";
  if (answer.kind === "away") return `gives no answer: ${answer.reason}`;
  const { message } = toJsonObject(toJsonObject(parseJson(answer.text)).error);
  return `answers ${answer.status}${typeof message === "string" ? `: ${message}` : ""}`;
}

function reasonOf(error: unknown, limitMs: number): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return `no answer within ${limitMs} ms`;
  return fetchErrorReason(error);
}
