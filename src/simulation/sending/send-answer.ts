/** Sends one answer: head, then its pieces in their time, as the fault of this request has it. */
import type { ServerResponse } from "node:http";
import type { Behaviour, Fault } from "../behaviour.ts";
import { applyFault, dripBytes } from "./fault-stream.ts";
import { paceFrames, playAnswer } from "./playback.ts";
import type { Ending, Piece } from "./playback.ts";
import type { AnswerFacts, Frame, Profile, SimulatedDialect } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import type { Random } from "../random.ts";
import { replayContentType, toReplayPieces } from "./replay.ts";
import type { Recording } from "./replay.ts";
import { toResponseSink, toSocketSink } from "./sinks.ts";
import type { AnswerState } from "./sinks.ts";
import type { TimerWheel } from "./timer-wheel.ts";

export interface SendContext {
  readonly profile: Profile;
  readonly behaviour: Behaviour;
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly requestId: string;
  /** Headers that every answer of the provider carries. */
  readonly headers: Readonly<Record<string, string>>;
  readonly state: AnswerState;
}

interface Content {
  readonly type: string;
  readonly pieces: Iterable<Piece>;
  readonly ending: Ending;
  /** Promised length in bytes; null for chunked answers. */
  readonly length: number | null;
}

/** Sends the answer described by `facts` under `fault`. */
export function sendAnswer(
  response: ServerResponse,
  facts: AnswerFacts,
  fault: Fault | null,
  context: SendContext,
): void {
  if (fault?.kind === "html") {
    const page = "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>";
    return sendHttp(response, wholeContent(page, null, "text/html; charset=utf-8"), context, false);
  }
  const content = facts.prompt.isStream ? streamContent(facts, fault, context) : jsonContent(facts, fault, context);
  if (fault?.kind === "http-1.0") return sendRaw(response, "1.0", content, 1, context);
  if (fault?.kind === "two-answers") return sendRaw(response, "1.1", content, 2, context);
  sendHttp(response, content, context, false);
}

/** Sends a recorded answer. */
export function sendRecording(
  response: ServerResponse,
  recording: Recording,
  dialect: SimulatedDialect,
  context: SendContext,
): void {
  response.statusCode = recording.status ?? 200;
  const content = {
    type: replayContentType(recording),
    pieces: toReplayPieces(recording, dialect),
    ending: recording.ending ?? "proper",
    length: null,
  };
  sendHttp(response, content, { ...context, headers: { ...context.headers, ...recording.headers } }, true);
}

function streamContent(facts: AnswerFacts, fault: Fault | null, context: SendContext): Content {
  const { profile, behaviour, random } = context;
  const errorFrame = (status: number, framesBefore: number): Frame =>
    profile.errorFrame(errorOf(profile, status), context.requestId, framesBefore);
  const { frames, ending } = applyFault(profile.stream(facts), fault, errorFrame);
  const pieces =
    fault?.kind === "slow-bytes"
      ? dripBytes(joinFrames(frames), fault.bytesPerSecond)
      : paceFrames(frames, behaviour, random);
  return { type: "text/event-stream; charset=utf-8", pieces, ending, length: null };
}

/** Of an `error-event`: 529 is the provider's own word for too busy, whichever status it has for that. */
function errorOf({ errors }: Profile, status: number): ProviderError {
  return status === 529 ? errors.overloaded() : errors.ofStatus(status);
}

function joinFrames(frames: Iterable<Frame>): string {
  let text = "";
  for (const frame of frames) text += frame.text;
  return text;
}

/** A whole answer. What a fault leaves of it is its first half. */
function jsonContent(facts: AnswerFacts, fault: Fault | null, context: SendContext): Content {
  const { profile, behaviour } = context;
  const json = JSON.stringify(profile.whole(facts));
  const half = json.slice(0, Math.floor(json.length / 2)).toWellFormed();
  const length = Buffer.byteLength(json);
  const tokensMs =
    behaviour.tokensPerSecond === null ? 0 : (facts.plan.outputTokens * 1000) / behaviour.tokensPerSecond;
  const partly = (ending: Ending, promised: number | null): Content => ({
    ...wholeContent(half, promised),
    ending,
  });
  switch (fault?.kind) {
    case "cut":
      return partly("close", length);
    case "reset":
      return partly("reset", length);
    case "stall":
      return partly("silence", length);
    case "headers-only":
      return { ...wholeContent("", length), pieces: [], ending: "silence" };
    case "malformed":
    case "early-end":
      return partly("proper", null);
    case "error-event": {
      const error = errorOf(profile, fault.status);
      return wholeContent(JSON.stringify(profile.errorBody(error, context.requestId)), null);
    }
    case "slow-bytes":
      return { ...wholeContent("", length), pieces: dripBytes(json, fault.bytesPerSecond) };
    case "huge":
      return { ...wholeContent("", null), pieces: growJson(json, fault.bytes) };
    default:
      return { ...wholeContent(json, length), pieces: [{ data: json, waitMs: tokensMs }] };
  }
}

function wholeContent(text: string, length: number | null, type = "application/json"): Content {
  return { type, pieces: [{ data: text, waitMs: 0 }], ending: "proper", length };
}

/** Blank space before the closing brace: still JSON, however long. */
function* growJson(json: string, bytes: number): Iterable<Piece> {
  yield { data: json.slice(0, -1), waitMs: 0 };
  const blank = " ".repeat(64 * 1024);
  for (let sent = 0; sent < bytes; sent += blank.length) yield { data: blank, waitMs: 0 };
  yield { data: "}", waitMs: 0 };
}

function sendHttp(response: ServerResponse, content: Content, context: SendContext, isPieceByPiece: boolean): void {
  response.setHeader("content-type", content.type);
  if (content.type.startsWith("text/event-stream")) response.setHeader("cache-control", "no-cache");
  if (content.length !== null) response.setHeader("content-length", content.length);
  for (const [name, value] of Object.entries(context.headers)) response.setHeader(name, value);
  if (content.ending !== "proper") response.flushHeaders();
  playAnswer(toResponseSink(response, context.state), { ...content, wheel: context.wheel, isPieceByPiece });
}

/** Writes `copies` whole answers in the given version of HTTP past the server's own HTTP, then closes. */
function sendRaw(
  response: ServerResponse,
  version: "1.0" | "1.1",
  content: Content,
  copies: number,
  context: SendContext,
): void {
  const { socket } = response;
  if (socket === null) return;
  const body = [...content.pieces].map(({ data }) => String(data)).join("");
  const headers = { "content-type": content.type, ...context.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = version === "1.0" ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  const answer = `HTTP/${version} 200 OK\r\n${lines.join("")}${length}\r\n${body}`;
  const pieces = Array.from({ length: copies }, () => ({ data: answer, waitMs: 0 }));
  const sink = toSocketSink(socket, context.state);
  playAnswer(sink, { pieces, ending: "close", wheel: context.wheel, isPieceByPiece: true });
}
