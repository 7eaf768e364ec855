/** A router with the answer cache on, before one simulated provider of each dialect. */
import { join } from "node:path";
import type { Dialect } from "../../src/core/dialect.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { readRecords } from "../kit/recorded-calls.ts";
import { openStream } from "../kit/sse-client.ts";
import type { SseStream } from "../kit/sse-client.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

export interface CacheAnswer {
  readonly status: number;
  readonly headers: SseStream["headers"];
  readonly text: string;
  /** `x-ccr-cache`. */
  readonly cache: string | undefined;
  readonly callId: string;
}

export interface CacheRouter extends LocalRouter {
  readonly providers: Readonly<Record<Dialect, SimulatedProvider>>;
  open(client: Dialect, body: object, headers?: Readonly<Record<string, string>>): Promise<SseStream>;
  ask(client: Dialect, body: object, headers?: Readonly<Record<string, string>>): Promise<CacheAnswer>;
  record(callId: string): Promise<CallRecord>;
  stats(): Promise<CacheStatsView>;
}

export interface LevelView {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number | null;
  readonly bytes: number | null;
  readonly evictions: number;
  readonly errors: number;
}

export interface CacheStatsView {
  readonly enabled: boolean;
  readonly hitRatio: number | null;
  readonly l1: LevelView;
  readonly l2: LevelView | null;
  readonly joinedCalls: number;
  readonly savedUsd: number;
}

export const clientPaths: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": "/v1/messages",
  "openai-chat": "/v1/chat/completions",
};

const modelsOf: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": "theirs/claude-sonnet-4-5",
  "openai-chat": "acme/gpt-4.1-mini",
};

/** `settings.cache` and the rest as in ccr.yaml. */
export async function startCacheRouter(t: CleansUp, settings: object = {}): Promise<CacheRouter> {
  const providers = { "anthropic-messages": await start(t, "anthropic"), "openai-chat": await start(t, "openai") };
  const sqlitePath = join(createTemporaryFolder(t), "ledger.sqlite");
  const { cache = {} } = settings as { cache?: object };
  const router = await startLocalRouter(t, {
    providers: {
      theirs: { kind: "anthropic", baseUrl: providers["anthropic-messages"].baseUrl, apiKey: "a" },
      acme: { kind: "openai", baseUrl: providers["openai-chat"].baseUrl, apiKey: "b" },
    },
    ledger: { sqlitePath },
    ...settings,
    cache: { enabled: true, ...cache },
  });
  const open: CacheRouter["open"] = (client, body, headers) =>
    openStream(router.url + clientPaths[client], body, headers);
  return {
    ...router,
    providers,
    open,
    async ask(client, body, headers) {
      const stream = await open(client, body, headers);
      await stream.ended;
      return answerOf(stream);
    },
    record: async (callId) => (await readRecords(sqlitePath, [callId])).get(callId)!,
    stats: async () => (await (await fetch(`${router.url}/api/cache/stats`)).json()) as CacheStatsView,
  };
}

/** What has come of a stream until now. */
export function answerOf(stream: SseStream): CacheAnswer {
  const { status, headers } = stream;
  const cache = headers["x-ccr-cache"];
  return {
    status,
    headers,
    text: stream.text(),
    cache: cache?.toString(),
    callId: String(headers["x-ccr-request-id"]),
  };
}

/** A question without tools, which may be cached. */
export function question(client: Dialect, provider: Dialect, isStreaming: boolean, text = "Name a colour"): object {
  const usage = client === "openai-chat" && isStreaming ? { stream_options: { include_usage: true } } : {};
  return {
    model: modelsOf[provider],
    max_tokens: 100,
    messages: [{ role: "user", content: text }],
    stream: isStreaming,
    ...usage,
  };
}

async function start(t: CleansUp, kind: "anthropic" | "openai"): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind, behaviour: { isStrict: false, answerTokens: 30 } });
  t.after(() => provider.close());
  return provider;
}
