/**
 * Plays a session of Claude Code against any base URL: probe, token counts, streamed calls, tool results, until the
 * model ends its turn; and answers what the user would have seen.
 *
 * It is as strict as the client where a gateway can go wrong: every stream must have its events in order, named, with
 * no two blocks open at once, a signature before a thought's end, and usage.
 */
import { randomUUID } from "node:crypto";
import { isJsonObject, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject } from "../../../src/core/json/json.ts";
import { foldAnthropicStream } from "../../../src/simulation/traffic/fold-anthropic-stream.ts";
import { textOrJson } from "../../../src/simulation/text-or-json.ts";
import { openStream } from "../../kit/sse-client.ts";
import type { ArrivedEvent } from "../../kit/sse-client.ts";
import { clientHeaders, countRequests, messagesRequest, openingMessages } from "./recorded-requests.ts";
import type { ClientIdentity } from "./recorded-requests.ts";

export interface SessionOptions {
  readonly baseUrl: string;
  readonly prompt: string;
  /** The client's default model if left out. */
  readonly model?: string;
  readonly apiKey?: string;
  /** More request headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs a tool call; the default answers Bash's `echo` and a stub for everything else. */
  readonly runTool?: (name: string, input: JsonObject) => string;
}

export interface PlayedSession {
  /** The last answer's text: what the user reads. */
  readonly result: string;
  readonly stopReason: string | null;
  readonly toolCalls: readonly { readonly name: string; readonly input: JsonObject; readonly result: string }[];
  /** Sums over all calls, as the client shows them. */
  readonly usage: {
    readonly inputTokens: number;
    readonly cacheReadTokens: number;
    readonly cacheWriteTokens: number;
    readonly outputTokens: number;
  };
  /** Tokens by the burst of counts. */
  readonly counts: readonly number[];
  /** Models that the answers named. */
  readonly models: readonly string[];
  /** Answer headers of every streamed call. */
  readonly answerHeaders: readonly Readonly<Record<string, string | string[] | undefined>>[];
}

const maxTurns = 12;

/** Plays it. Rejects with what the client would have stumbled over. */
export async function playSession(options: SessionOptions): Promise<PlayedSession> {
  const identity = { sessionId: randomUUID(), apiKey: options.apiKey ?? "sk-ant-stand-in" };
  const model = options.model ?? "claude-opus-5-5";
  await probe(options);
  const counts = await countTokens(options, identity, model);
  const messages = openingMessages(options.prompt);
  const toolCalls: { name: string; input: JsonObject; result: string }[] = [];
  const usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  const models: string[] = [];
  const answerHeaders: PlayedSession["answerHeaders"][number][] = [];
  for (let turn = 0; turn < maxTurns; turn++) {
    const { answer, headers } = await streamAnswer(options, identity, messagesRequest(identity, model, messages));
    answerHeaders.push(headers);
    models.push(answer.model);
    addUsage(usage, answer.usage);
    messages.push({ role: "assistant", content: [...answer.content] });
    const calls = answer.content.filter((block) => block["type"] === "tool_use");
    if (calls.length === 0) {
      const texts = answer.content.map((block) => (block["type"] === "text" ? textOrJson(block["text"]) : ""));
      return { result: texts.join(""), stopReason: answer.stopReason, toolCalls, usage, counts, models, answerHeaders };
    }
    if (answer.stopReason !== "tool_use") throw new Error(`Tool calls, but the stop reason is ${answer.stopReason}`);
    const results = calls.map((call) => runCall(call, options.runTool ?? runStubTool, toolCalls));
    messages.push({ role: "user", content: results });
  }
  throw new Error(`No end after ${maxTurns} turns`);
}

async function probe(options: SessionOptions): Promise<void> {
  for (const path of ["/", "/api/hello"]) {
    const { status } = await fetch(options.baseUrl + path, { method: "HEAD", headers: options.headers ?? {} });
    if (status !== 200) throw new Error(`HEAD ${path} answered ${status}`);
  }
}

async function countTokens(options: SessionOptions, identity: ClientIdentity, model: string): Promise<number[]> {
  return Promise.all(
    countRequests(model).map(async (body) => {
      const answer = await fetch(`${options.baseUrl}/v1/messages/count_tokens?beta=true`, {
        method: "POST",
        headers: { ...clientHeaders(identity, true), ...options.headers },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`count_tokens answered ${answer.status}: ${text}`);
      return Number(toJsonObject(JSON.parse(text))["input_tokens"]);
    }),
  );
}

async function streamAnswer(options: SessionOptions, identity: ClientIdentity, body: JsonObject) {
  // Our client does not unpack: ask for nothing packed.
  const headers = { ...clientHeaders(identity), "accept-encoding": "identity", ...options.headers };
  const stream = await openStream(`${options.baseUrl}/v1/messages?beta=true`, body, headers);
  const end = await stream.ended;
  if (stream.status !== 200) throw new Error(`The call was answered ${stream.status}: ${stream.text()}`);
  if (end !== "whole") throw new Error(`The stream was ${end}`);
  const complaint = checkEvents(stream.events);
  if (complaint !== null) throw new Error(`${complaint} in\n${stream.text().slice(0, 4000)}`);
  return { answer: foldAnthropicStream(stream.text()), headers: stream.headers };
}

function addUsage(sum: { -readonly [Field in keyof PlayedSession["usage"]]: number }, usage: JsonObject): void {
  sum.inputTokens += Number(usage["input_tokens"] ?? 0);
  sum.cacheReadTokens += Number(usage["cache_read_input_tokens"] ?? 0);
  sum.cacheWriteTokens += Number(usage["cache_creation_input_tokens"] ?? 0);
  sum.outputTokens += Number(usage["output_tokens"] ?? 0);
}

function runCall(
  call: JsonObject,
  runTool: (name: string, input: JsonObject) => string,
  done: { name: string; input: JsonObject; result: string }[],
): JsonObject {
  const name = textOrJson(call["name"]);
  const input = toJsonObject(call["input"]);
  const result = runTool(name, input);
  done.push({ name, input, result });
  return { tool_use_id: call["id"], type: "tool_result", content: result, is_error: false };
}

function runStubTool(name: string, input: JsonObject): string {
  const command = typeof input["command"] === "string" ? input["command"] : "";
  if (name === "Bash" && command.startsWith("echo ")) return command.slice("echo ".length);
  return `${name} is done`;
}

/** What is wrong with the order of a stream's events; null for nothing. */
export function checkEvents(events: readonly ArrivedEvent[]): string | null {
  let open: { index: number; type: string; hasSignature: boolean } | null = null;
  let next = 0;
  const types: string[] = [];
  for (const { event, data } of events) {
    const payload = toJsonObject(JSON.parse(data));
    const type = textOrJson(payload["type"]);
    if (event !== type) return `An event named "${event}" that holds ${type}`;
    if (type === "error") return `An error event: ${data}`;
    if (type === "ping") continue;
    types.push(type);
    const index = Number(payload["index"]);
    if (type === "content_block_start") {
      if (open !== null) return `Block ${index} started while ${open.index} was open`;
      if (index !== next) return `Block ${index} where ${next} was due`;
      open = { index, type: textOrJson(toJsonObject(payload["content_block"])["type"]), hasSignature: false };
      next++;
    } else if (type === "content_block_delta") {
      if (open?.index !== index) return `A delta for block ${index}, which is not open`;
      const delta = textOrJson(toJsonObject(payload["delta"])["type"]);
      if (!deltasOf[open.type]?.includes(delta)) return `A ${delta} in a block of ${open.type}`;
      if (delta === "signature_delta") open.hasSignature = true;
    } else if (type === "content_block_stop") {
      if (open?.index !== index) return `A stop for block ${index}, which is not open`;
      if (open.type === "thinking" && !open.hasSignature) return `Thinking block ${index} without a signature`;
      open = null;
    } else if (type === "message_start" || type === "message_delta") {
      const usage = type === "message_start" ? toJsonObject(payload["message"])["usage"] : payload["usage"];
      if (!isJsonObject(usage)) return `No usage in ${type}`;
    }
  }
  if (types[0] !== "message_start") return `It starts with ${types[0]}`;
  if (types.at(-2) !== "message_delta" || types.at(-1) !== "message_stop")
    return `It ends with ${types.slice(-2).join(", ")}`;
  if (types.filter((type) => type === "message_start").length !== 1) return "Two message_start";
  return open === null ? null : `Block ${open.index} was never closed`;
}

const deltasOf: Readonly<Record<string, readonly string[]>> = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  tool_use: ["input_json_delta"],
};
