/** What routing may ask about a call. Costly answers are functions: only a rule that needs one pays for it. */
import type { Caller } from "../core/caller.ts";
import type { Dialect } from "../core/dialect.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { Endpoint } from "../core/record.ts";

export interface RequestFeatures {
  readonly askedModel: string;
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly caller: Caller;
  readonly sessionId: string | null;
  /** What the client calls itself (`x-app`). */
  readonly app: string | null;
  /** Whether the call comes from a subagent of the client. */
  readonly isSubagent: boolean;
  /** 0 to 23, UTC. */
  readonly hour: number;
  /** 0 is Sunday, UTC. */
  readonly weekday: number;
  header(name: string): string | undefined;
  /** Estimated from the request's size. */
  inputTokens(): number;
  hasTools(): boolean;
  /** An image in the newest user message. */
  hasImages(): boolean;
  /** A web search tool that the provider itself runs. */
  hasWebSearch(): boolean;
  /** Thinking is asked for. */
  isThinking(): boolean;
  /** The model named by a `<CCR-SUBAGENT-MODEL>` tag in the system prompt. */
  subagentModel(): string | null;
  /** The parsed request. Throws GatewayError `caller_invalid_request` for bytes that are no JSON after all. */
  body(): JsonObject;
}
