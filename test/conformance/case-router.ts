/**
 * The whole router between a client and a provider that answers with given bytes: for cases that must hold over HTTP
 * as they do for the translators alone.
 */
import { join } from "node:path";
import type { Dialect } from "../../src/core/dialect.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { readRecords } from "../kit/recorded-calls.ts";
import { openStream } from "../kit/sse-client.ts";
import type { SseStream, StreamEnd } from "../kit/sse-client.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

/** A call as its client saw it. */
export interface ClientView {
  readonly callId: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly headers: SseStream["headers"];
  readonly text: string;
  readonly end: StreamEnd;
}

export interface CaseRouter {
  readonly url: string;
  /** Takes what it is sent without checks; speaks the dialect by which it is named. */
  readonly providers: Readonly<Record<Dialect, SimulatedProvider>>;
  /** POSTs a body in the client's dialect and reads the answer to its end. */
  ask(client: Dialect, body: unknown): Promise<ClientView>;
  /** The same, with the answer still coming. */
  open(client: Dialect, body: unknown): Promise<SseStream>;
  /** The records of calls that are over. */
  records(callIds: Iterable<string>): Promise<ReadonlyMap<string, CallRecord>>;
}

/** Models that lead to the provider of a dialect. `thinking`: one that takes a reasoning effort. */
export const models = {
  "anthropic-messages": "theirs/claude-x",
  "openai-chat": "acme/acme-1",
  thinking: "acme/acme-thinking",
} as const;

const paths: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": "/v1/messages",
  "openai-chat": "/v1/chat/completions",
};

const thinkingTraits = {
  tokenLimitField: "max_completion_tokens",
  reasoningRequest: { kind: "effort", efforts: ["minimal", "low", "medium", "high"] },
};

/** Starts it with one try a call: a provider's error is seen at once. */
export async function startCaseRouter(t: CleansUp): Promise<CaseRouter> {
  const providers = { "anthropic-messages": await start(t, "anthropic"), "openai-chat": await start(t, "openai") };
  const ledgerPath = join(createTemporaryFolder(t), "ledger.sqlite");
  const limits = { timeouts: { betweenBytesMs: 5000 } };
  const { url } = await startLocalRouter(t, {
    providers: {
      theirs: { kind: "anthropic", baseUrl: providers["anthropic-messages"].baseUrl, apiKey: "a", ...limits },
      acme: {
        kind: "custom",
        dialect: "openai-chat",
        baseUrl: providers["openai-chat"].baseUrl,
        apiKey: "b",
        models: { "acme-1": {}, "acme-thinking": { traits: thinkingTraits } },
        ...limits,
      },
    },
    ledger: { sqlitePath: ledgerPath },
    retries: { attemptsPerTarget: 1 },
    breaker: { failureThreshold: 1_000_000, minimumCalls: 1_000_000 },
  });
  const open = (client: Dialect, body: unknown): Promise<SseStream> => openStream(url + paths[client], body);
  return {
    url,
    providers,
    open,
    ask: async (client, body) => {
      const stream = await open(client, body);
      const end = await stream.ended;
      return view(stream, end);
    },
    records: (callIds) => readRecords(ledgerPath, callIds),
  };
}

async function start(t: CleansUp, kind: "anthropic" | "openai"): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind, behaviour: { isStrict: false }, keepRequests: 1 });
  t.after(() => provider.close());
  return provider;
}

/** What `stream` has shown until now. */
export function view(stream: SseStream, end: StreamEnd): ClientView {
  const { status, headers } = stream;
  const callId = String(headers["x-ccr-request-id"]);
  return { callId, status, contentType: headers["content-type"] ?? null, headers, text: stream.text(), end };
}

/** The other dialect. */
export function otherDialect(dialect: Dialect): Dialect {
  return dialect === "openai-chat" ? "anthropic-messages" : "openai-chat";
}

/** A short request in the client's dialect to the provider of `provider`'s dialect. */
export function shortRequest(client: Dialect, provider: Dialect, isStreaming: boolean): object {
  const usage = client === "openai-chat" && isStreaming ? { stream_options: { include_usage: true } } : {};
  const messages = [{ role: "user", content: "Hi" }];
  return { model: models[provider], max_tokens: 100, messages, stream: isStreaming, ...usage };
}

/** The answer's text without what differs from call to call: the call's id and the time. */
export function steadyText({ callId, text }: ClientView): string {
  return text.replaceAll(callId.slice("req_".length), "ID").replaceAll(/"created":\d+/g, '"created":0');
}
