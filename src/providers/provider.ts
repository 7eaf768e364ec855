/** A provider: a configured endpoint with its credentials, ready to be called. */
import type { Dialect } from "../core/dialect.ts";
import type { TargetTraits } from "../dialects/target-traits.ts";
import type { UpstreamClient, UpstreamTimeouts } from "./upstream/upstream.ts";

/** What a provider can be asked for. */
export type Operation = "messages" | "chat-completions" | "responses" | "count-tokens" | "models";

/** One credential of a provider. */
export interface Credential {
  /** Public name for records and logs: `key-1`, or as configured. */
  readonly name: string;
  /** Headers that carry it; empty for a provider without one. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Chooses among a provider's credentials; each cools down by itself after 401, 402 and 429, after 429 for its `scope` alone:
 * the model that was asked, or whatever else the provider limits by itself.
 */
export interface CredentialPool {
  /** The next credential, or how long until one is free. `excluded`: names tried for this call already. */
  take(
    nowMs: number,
    excluded: readonly string[],
    scope?: string,
  ):
    | { readonly kind: "taken"; readonly credential: Credential }
    | { readonly kind: "cooling"; readonly untilMs: number };
  /** Whether `take` would give one; nobody's turn changes. */
  hasFree(nowMs: number, excluded: readonly string[], scope?: string): boolean;
  /** Tells how a call with it ended. `retryAfterMs`: what the provider asked for, if it did. */
  report(name: string, status: number, nowMs: number, retryAfterMs: number | null, scope?: string): void;
  /** What rests for `scope`; without one, as `/api/providers/health` and `ccr status` ask, what rests for anything. */
  states(nowMs: number, scope?: string): readonly CredentialState[];
}

export interface CredentialState {
  readonly name: string;
  readonly coolingUntilMs: number | null;
  /** Part of what was asked with it that may be asked with it now, from 0 to 1. */
  readonly freeShare: number;
  readonly lastStatus: number | null;
}

export interface Provider {
  readonly name: string;
  /** Name of its catalog entry, `custom` for none. */
  readonly kind: string;
  /** Dialects that it speaks natively, the preferred one first. */
  readonly dialects: readonly Dialect[];
  /** Whether the client's own credential goes through instead of a configured one. */
  readonly isPassthrough: boolean;
  /** Models named in the configuration, else those of the catalog entry. */
  readonly models: readonly string[];
  /** Whether only `models` may be asked for. */
  readonly restrictsModels: boolean;
  /** Names with `*` by which a bare model name is known as this provider's. */
  readonly modelPatterns: readonly string[];
  /** Where calls go without any rule; `small` serves background calls. null: nothing can be assumed. */
  readonly defaultModels: { readonly main: string; readonly small: string } | null;
  readonly credentials: CredentialPool;
  /** Its connections. */
  readonly upstream: UpstreamClient;
  /** Path with query for an operation in a dialect, null if the provider has none. `query`: the client's own, with `?`, or "". */
  path(operation: Operation, dialect: Dialect, query: string): string | null;
  /** Fixed headers (configured ones, `anthropic-version`) that every request carries besides its credential. */
  readonly headers: Readonly<Record<string, string>>;
  traits(model: string): TargetTraits;
  /** For the phases of one attempt, and for the whole call. */
  readonly timeouts: UpstreamTimeouts & { readonly totalMs: number };
  close(): Promise<void>;
}
