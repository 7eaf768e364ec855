/** Mutated requests: the bytes that one fuzzed client sends, and what may be expected of the answer. */
import { gzipSync } from "node:zlib";
import { createRandom, pickInteger, pickOne } from "../../src/simulation/random.ts";
import type { Random } from "../../src/simulation/random.ts";
import { anthropicRequests, openaiRequests } from "./base-requests.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";

export interface RequestCase {
  readonly seed: number;
  readonly kind: string;
  /** Pieces in which the bytes are written. */
  readonly pieces: readonly Buffer[];
  /** The client closes its side after the last piece: set where the request may be incomplete. */
  readonly isHalf: boolean;
  /** Whether a server may close the connection without a word. */
  readonly mayBeSilent: boolean;
}

const models: readonly [string, ...string[]] = [
  "anthropic-side/fuzz",
  "openai-side/fuzz",
  "fuzz",
  "claude-sonnet-5",
  "no-such/model",
];

/** The request of this number: the same for the same seed, for ever. */
export function createRequestCase(seed: number, key: string): RequestCase {
  const random = createRandom(seed);
  const isAnthropic = random() < 0.7;
  const path = isAnthropic
    ? pickOne(random, ["/v1/messages", "/v1/messages?beta=true", "/v1/messages/count_tokens"])
    : "/v1/chat/completions";
  const base = pickOne(random, isAnthropic ? anthropicRequests : openaiRequests);
  const request = { ...structuredClone(base), model: pickOne(random, models) };
  const kind = pickOne(random, ["json", "json", "json", "json", "bytes", "encoding", "head", "framing", "raw"]);
  const headers = [
    "host: 127.0.0.1",
    `x-api-key: ${key}`,
    "content-type: application/json",
    "anthropic-version: 2023-06-01",
    "user-agent: claude-cli/2.1.330 (external, cli)",
  ];
  const plain = Buffer.from(JSON.stringify(request));
  const make = (lines: readonly string[], body: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
  const whole = (body: Buffer, more: readonly string[] = []): Buffer =>
    make([...headers, ...more, `content-length: ${body.length}`], body);
  const sent = (bytes: Buffer, isHalf = false, mayBeSilent = isHalf): RequestCase => ({
    seed,
    kind,
    pieces: cut(bytes, random),
    isHalf,
    mayBeSilent,
  });
  switch (kind) {
    case "json":
      return sent(whole(Buffer.from(JSON.stringify(mutateJson(request, random)))));
    case "bytes":
      return sent(whole(mutateBytes(plain, random)));
    case "encoding": {
      const coded = random() < 0.5 ? gzipSync(plain) : mutateBytes(gzipSync(plain), random);
      return sent(
        whole(coded, [
          `content-encoding: ${pickOne(random, ["gzip", "br", "zstd", "deflate", "identity", "gzip, gzip", "x"])}`,
        ]),
      );
    }
    case "head":
      return sent(make(mutateHead([...headers, `content-length: ${plain.length}`], random), plain), true);
    case "framing":
      return sent(mutateFraming(headers, plain, make, random), true);
    default:
      return sent(mutateBytes(whole(plain), random), true);
  }
}

/** Cuts the bytes into up to four pieces, most often one. */
function cut(bytes: Buffer, random: Random): Buffer[] {
  if (random() < 0.7) return [bytes];
  const places = Array.from({ length: pickInteger(random, 1, 3) }, () => pickInteger(random, 0, bytes.length));
  const edges = [0, ...places.sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

function mutateHead(headers: readonly string[], random: Random): string[] {
  const lines = [...headers];
  const odd = pickOne(random, [
    "x-long: " + "y".repeat(20_000),
    "content-length: 5",
    "content-length: -1",
    "content-length: 99999999999999999999",
    "transfer-encoding: chunked",
    "transfer-encoding: gzip, chunked",
    "expect: 100-continue",
    "expect: nothing",
    "authorization: Bearer wrong",
    "authorization: " + "B".repeat(9_000),
    "x-claude-code-session-id: " + "s".repeat(5_000),
    "x-claude-code-agent-id: \u00ff\u0080",
    "anthropic-beta: " + Array.from({ length: 500 }, (_, index) => `beta-${index}`).join(","),
    "connection: upgrade\r\nupgrade: websocket",
    "host: evil.example",
    "origin: https://evil.example",
    "no colon here",
    ": empty",
    " folded: yes",
  ]);
  if (random() < 0.3) lines.splice(pickInteger(random, 0, lines.length - 1), 1);
  lines.splice(pickInteger(random, 0, lines.length), 0, odd);
  return lines;
}

function mutateFraming(
  headers: readonly string[],
  body: Buffer,
  make: (lines: readonly string[], body: Buffer) => Buffer,
  random: Random,
): Buffer {
  const chunked = [...headers, "transfer-encoding: chunked"];
  const size = body.length.toString(16);
  switch (pickOne(random, ["longer", "shorter", "chunked", "bad size", "no end", "extension", "pipelined", "none"])) {
    case "longer":
      return make([...headers, `content-length: ${body.length + pickInteger(random, 1, 1_000)}`], body);
    case "shorter":
      return make([...headers, `content-length: ${pickInteger(random, 0, body.length - 1)}`], body);
    case "chunked":
      return make(chunked, Buffer.from(`${size}\r\n${body.toString()}\r\n0\r\n\r\n`));
    case "bad size":
      return make(
        chunked,
        Buffer.from(
          `${pickOne(random, ["zz", "-1", "fffffffffffffffff", "0x10", ""])}\r\n${body.toString()}\r\n0\r\n\r\n`,
        ),
      );
    case "no end":
      return make(chunked, Buffer.from(`${size}\r\n${body.toString()}\r\n`));
    case "extension":
      return make(chunked, Buffer.from(`${size};a=b\r\n${body.toString()}\r\n0\r\nx-trailer: 1\r\n\r\n`));
    case "pipelined": {
      const one = make([...headers, `content-length: ${body.length}`], body);
      return Buffer.concat([one, one]);
    }
    default:
      return make(headers, body);
  }
}
