/** Replays of recorded answers: the same payloads in any cut of their bytes. */
import { parseJson, toJsonObject } from "../../core/json/json.ts";
import type { Ending, Piece } from "./playback.ts";
import type { SimulatedDialect } from "../profile.ts";

/**
 * How the bytes are cut into writes. `within-characters`: before the last byte of every character that has several,
 * else every 7 bytes.
 */
export type ReplayWrites = "whole" | "payloads" | "bytes" | "within-characters" | { readonly everyBytes: number };

export interface Recording {
  /** 200 if left out. */
  readonly status?: number;
  /** In place of the content type that follows from the content. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as it is, where it is no list of payloads. */
  readonly body?: string | Uint8Array;
  /** One JSON text per event of a stream, in order. */
  readonly payloads?: readonly string[];
  readonly writes?: ReplayWrites;
  /** Time between two writes. */
  readonly waitMs?: number;
  readonly ending?: Ending;
  /** Only the first payloads come. */
  readonly payloadCount?: number;
  readonly lineEnd?: "\n" | "\r\n" | "\r";
  /** `data:` without the space that most send after it. */
  readonly isUnspaced?: boolean;
  /** A comment line before every event. */
  readonly hasComments?: boolean;
}

/** The content type of a recording that names none. */
export function replayContentType(recording: Recording): string {
  return recording.payloads === undefined ? "application/json" : "text/event-stream; charset=utf-8";
}

/** The recording's bytes, cut as it says. */
export function* toReplayPieces(recording: Recording, dialect: SimulatedDialect): Iterable<Piece> {
  const waitMs = recording.waitMs ?? 0;
  const events = recording.payloads === undefined ? [wholeBody(recording)] : formatEvents(recording, dialect);
  if (recording.writes === "payloads") {
    for (const data of events) yield { data, waitMs };
    return;
  }
  const bytes = Buffer.concat(events);
  let start = 0;
  for (const end of findCuts(bytes, recording.writes ?? "whole")) {
    yield { data: bytes.subarray(start, end), waitMs };
    start = end;
  }
}

function wholeBody(recording: Recording): Buffer {
  return Buffer.from(recording.body ?? "");
}

function formatEvents(recording: Recording, dialect: SimulatedDialect): Buffer[] {
  const { lineEnd = "\n", isUnspaced = false, hasComments = false } = recording;
  const payloads = recording.payloads ?? [];
  const count = recording.payloadCount ?? payloads.length;
  const sent = payloads.slice(0, count);
  if (dialect === "openai-chat" && count >= payloads.length && payloads.at(-1) !== "[DONE]") sent.push("[DONE]");
  const colon = isUnspaced ? ":" : ": ";
  return sent.map((payload) => {
    const type = dialect === "openai-chat" ? undefined : toJsonObject(parseJson(payload))["type"];
    const comment = hasComments ? `: a comment${lineEnd}` : "";
    const name = typeof type === "string" ? `event${colon}${type}${lineEnd}` : "";
    return Buffer.from(`${comment}${name}data${colon}${payload}${lineEnd}${lineEnd}`);
  });
}

function* findCuts(bytes: Uint8Array, writes: Exclude<ReplayWrites, "payloads">): Iterable<number> {
  if (writes === "within-characters") yield* cutCharacters(bytes);
  else if (writes !== "whole") {
    const step = writes === "bytes" ? 1 : Math.max(1, writes.everyBytes);
    for (let cut = step; cut < bytes.length; cut += step) yield cut;
  }
  yield bytes.length;
}

function* cutCharacters(bytes: Uint8Array): Iterable<number> {
  let last = 0;
  for (let index = 1; index < bytes.length; index++) {
    const isContinuation = ((bytes[index] ?? 0) & 0xc0) === 0x80;
    const isLastByte = isContinuation && ((bytes[index + 1] ?? 0) & 0xc0) !== 0x80;
    if (!isLastByte && (isContinuation || index - last < 7)) continue;
    yield index;
    last = index;
  }
}
