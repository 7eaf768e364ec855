/** A server under test: what the rig needs to know of direct, nginx, this router and its peers. */
import type { Providers } from "../rig/providers.ts";

export type ServerName = "direct" | "nginx" | "ours" | "portkey" | "claude-code-router";

/** `whole`: same dialect, whole answer. `stream`: same dialect, streamed. `translated`: the provider speaks openai-chat. */
export type TargetKind = "whole" | "stream" | "translated";

/** How a request of a kind is put to a server. */
export interface RequestTarget {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
}

export interface RunningServer {
  readonly name: ServerName;
  /** null: no server between load and provider. */
  readonly pid: number | null;
  /** null: this server has nothing of this kind. */
  target(kind: TargetKind): RequestTarget | null;
  /** What its process printed so far. */
  output(): string;
  stop(): Promise<void>;
}

export interface ServerDefinition {
  readonly name: ServerName;
  /** As the tables call it. */
  readonly label: string;
  /** Starts it on core 0; resolves when it listens. */
  start(providers: Providers): Promise<RunningServer>;
}
