/** What routing asks of a call, answered from the request as lazily as possible. */
import type { Caller } from "../../core/caller.ts";
import type { Dialect } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { ClientFacts, Endpoint } from "../../core/record.ts";
import { furtherModelsIn, furtherModelsInMessages, modellessFields } from "../../dialects/further-models.ts";
import { estimateBodyTokens } from "../../optimization/estimate-body-tokens.ts";
import type { RequestFeatures } from "../../routing/request-features.ts";
import type { HeadMemo } from "./head-memo.ts";
import type { CallRequest } from "./read-call.ts";

const subagentSign = "<CCR-SUBAGENT-MODEL>";
const subagentTag = /<CCR-SUBAGENT-MODEL>([^<]{1,200})<\/CCR-SUBAGENT-MODEL>/;

/** Where headers come from. */
export interface HeaderSource {
  readonly memo?: HeadMemo;
  header(name: string): string | undefined;
}

export class CallFeatures implements RequestFeatures {
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly caller: Caller;
  readonly client: ClientFacts;
  readonly #source: HeaderSource;
  readonly #request: CallRequest;
  readonly #nowMs: number;
  #inputTokens: number | null = null;
  #furtherModels: readonly string[] | null = null;

  constructor(
    endpoint: Endpoint,
    dialect: Dialect,
    caller: Caller,
    source: HeaderSource,
    request: CallRequest,
    nowMs: number,
  ) {
    this.endpoint = endpoint;
    this.dialect = dialect;
    this.caller = caller;
    this.#source = source;
    this.#request = request;
    this.#nowMs = nowMs;
    this.client = readClientFacts(source, request);
  }

  get askedModel(): string {
    return this.#request.askedModel;
  }
  get requestBytes(): number {
    return this.#request.bytes.length;
  }
  get sessionId(): string | null {
    return this.client.sessionId;
  }
  get app(): string | null {
    return this.client.app;
  }
  get isSubagent(): boolean {
    return this.client.parentAgentId !== null || this.client.agentId !== null;
  }
  get hour(): number {
    return new Date(this.#nowMs).getUTCHours();
  }
  get weekday(): number {
    return new Date(this.#nowMs).getUTCDay();
  }

  header(name: string): string | undefined {
    return this.#source.header(name);
  }

  inputTokens(): number {
    this.#inputTokens ??= estimateBodyTokens(this.#request.bytes, this.askedModel, () => this.#request.body());
    return this.#inputTokens;
  }

  hasTools(): boolean {
    return this.#request.has("tools") && toJsonArray(this.#request.field("tools")).length > 0;
  }

  hasImages(): boolean {
    if (!this.#request.holds("messages", "image") && !this.#request.holds("messages", "image_url")) return false;
    const newest = toJsonArray(this.#request.body().messages).findLast(
      (message) => toJsonObject(message).role === "user",
    );
    return toJsonArray(toJsonObject(newest).content).some(holdsImage);
  }

  hasWebSearch(): boolean {
    if (!this.#request.mentions("tools", "web_search")) return this.#request.has("web_search_options");
    return toJsonArray(this.#request.field("tools")).some((tool) => {
      const { type } = toJsonObject(tool);
      return typeof type === "string" && type.startsWith("web_search");
    });
  }

  isThinking(): boolean {
    const type = toJsonObject(this.#request.field("thinking")).type;
    if (type === "enabled") return true;
    const { effort } = toJsonObject(this.#request.field("output_config"));
    // Claude Code sends `adaptive` with every call: only the effort tells a call that is to think hard.
    if (type === "adaptive") return isHighEffort(effort ?? "high");
    return isHighEffort(this.#request.field("reasoning_effort"));
  }

  subagentModel(): string | null {
    if (!mentionsSubagentTag(this.#request)) return null;
    const match = subagentTag.exec(JSON.stringify(this.#request.field("system")));
    return match === null ? null : match[1]!.trim();
  }

  /** The models that it names besides `askedModel`, for providers of its dialect. Throws where a reader may see others. */
  furtherModels(): readonly string[] {
    this.#furtherModels ??= readFurtherModels(this.#request);
    return this.#furtherModels;
  }

  body(): JsonObject {
    return this.#request.body();
  }
}

/**
 * From the small fields; from the messages, without their long texts, only where they may bring tools. Throws GatewayError
 * `caller_invalid_request` for what a provider may read otherwise: fields given twice, and what is JSON to some only.
 */
function readFurtherModels(request: CallRequest): readonly string[] {
  const [repeated] = request.repeatedFields;
  if (repeated !== undefined) throw invalid(`${repeated.slice(0, 200)}: given more than once`);
  const fields = request.fieldNames().filter((name) => !modellessFields.has(name));
  const names = fields.flatMap((name) => {
    const value = request.field(name);
    if (value === undefined) throw invalid(`${name.slice(0, 200)}: not valid JSON`);
    return furtherModelsIn({ [name]: value });
  });
  const mayAddTools = request.holds("messages", "tool_addition") || spellsLetters(request);
  return mayAddTools ? [...names, ...furtherModelsInMessages(request.outline().body["messages"])] : names;
}

function invalid(message: string): GatewayError {
  return new GatewayError("caller_invalid_request", message);
}

/** Whether letters may be written as escapes, which nobody does who does not hide something. */
function spellsLetters(request: CallRequest): boolean {
  const spells = (escape: string): boolean => request.mentions("messages", escape);
  return spells("\\u00") && ["\\u005", "\\u006", "\\u007"].some(spells);
}

/** https://docs.anthropic.com/en/docs/build-with-claude/effort: `high` is the default; OpenAI's is `medium`. */
function isHighEffort(effort: JsonValue | undefined): boolean {
  return effort === "high" || effort === "xhigh" || effort === "max";
}

/** Whether a request may hold the subagent tag: a search of its system prompt. */
export function mentionsSubagentTag(request: CallRequest): boolean {
  return request.mentions("system", subagentSign);
}

/** The request's body without the subagent tag, where it holds one: the tag is for the router, not for a model. */
export function withoutSubagentTag(body: JsonObject): JsonObject {
  const strip = (text: JsonValue | undefined): JsonValue | undefined =>
    typeof text === "string" ? text.replace(subagentTag, "") : text;
  const { system } = body;
  if (typeof system === "string") return { ...body, system: strip(system) };
  const blocks = toJsonArray(system).map((block) =>
    isJsonObject(block) && typeof block.text === "string" ? { ...block, text: strip(block.text) } : block,
  );
  return { ...body, system: blocks };
}

function readClientFacts(source: HeaderSource, request: CallRequest): ClientFacts {
  const told = source.memo?.client ?? toldByHeaders(source);
  if (source.memo !== undefined) source.memo.client = told;
  return told.sessionId === null ? { ...told, sessionId: sessionOfMetadata(request) } : told;
}

function toldByHeaders(source: HeaderSource): ClientFacts {
  return {
    sessionId: bounded(source.header("x-claude-code-session-id")),
    agentId: bounded(source.header("x-claude-code-agent-id")),
    parentAgentId: bounded(source.header("x-claude-code-parent-agent-id")),
    app: bounded(source.header("x-app")),
  };
}

/** Characters of `metadata.user_id` that Anthropic's API takes. */
const maxUserId = 256;

/** Of `metadata` that is read; OpenAI's API takes 16 texts of 512 characters. Megabytes of it would hold up others' calls. */
const maxMetadataBytes = 65_536;

/** `metadata.user_id` holds JSON with the session's id; older clients wrote `user_…_session_<id>`. */
function sessionOfMetadata(request: CallRequest): string | null {
  if ((request.bytesOf("metadata")?.length ?? 0) > maxMetadataBytes) return null;
  const userId = toJsonObject(request.field("metadata")).user_id;
  if (typeof userId !== "string") return null;
  // Of the end only: where the mark stands again and again, each of them is tried.
  const session =
    toJsonObject(parseJson(userId)).session_id ?? /_session_([\w-]+)$/.exec(userId.slice(-maxUserId))?.[1];
  return typeof session === "string" ? bounded(session) : null;
}

/** Words of the client that are kept: never longer than an id is. */
function bounded(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text.slice(0, 128);
}

function holdsImage(part: JsonValue): boolean {
  const { type, content } = toJsonObject(part);
  return type === "image" || type === "image_url" || (type === "tool_result" && toJsonArray(content).some(holdsImage));
}
