/** Mutated provider answers: the bytes that one fuzzed provider sends for one request. */
import type { Dialect } from "../../src/core/dialect.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { createRandom, pickInteger, pickOne } from "../../src/simulation/random.ts";
import type { Random } from "../../src/simulation/random.ts";
import { baseAnswers, renderEvents } from "./base-answers.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateJson, oddValue } from "./mutate-json.ts";

export interface AnswerCase {
  readonly seed: number;
  readonly kind: string;
  readonly pieces: readonly Buffer[];
  /** What the provider does after its last piece. */
  readonly afterwards: "keep-open" | "end" | "reset" | "stay-silent";
}

/** The answer of this number in `dialect`, to a request that asked for a stream or not. */
export function createAnswerCase(seed: number, dialect: Dialect, isStreaming: boolean): AnswerCase {
  const random = createRandom(seed);
  const kind = pickOne(random, [
    "events", "events", "events", "order", "bytes", "bytes", "status", "type", "framing", "http", "cut", "silence", "junk",
  ]); // prettier-ignore
  const base = baseAnswers[dialect];
  const render = (events: readonly JsonObject[]): string =>
    isStreaming ? renderEvents(dialect, events) : JSON.stringify(base.whole);
  const good = Buffer.from(render(base.events));
  const type = isStreaming ? "text/event-stream" : "application/json";
  const head = (status: string, lines: readonly string[]): string =>
    `HTTP/1.1 ${status}\r\n${lines.join("\r\n")}\r\n\r\n`;
  const whole = (body: Buffer, status = "200 OK", contentType = type): Buffer =>
    Buffer.concat([
      Buffer.from(head(status, [`content-type: ${contentType}`, `content-length: ${body.length}`])),
      body,
    ]);
  const made = (bytes: Buffer, afterwards: AnswerCase["afterwards"] = "keep-open"): AnswerCase => ({
    seed,
    kind,
    pieces: cut(bytes, random),
    afterwards,
  });
  switch (kind) {
    case "events":
      return made(
        whole(
          isStreaming
            ? mutateEvents(dialect, base.events, random)
            : Buffer.from(JSON.stringify(mutateJson(base.whole, random))),
        ),
      );
    case "order":
      return made(whole(Buffer.from(render(shuffle(base.events, random)))));
    case "bytes":
      return made(whole(mutateBytes(good, random)));
    case "status":
      return made(
        whole(
          errorBody(random),
          `${pickOne(random, [400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 529, 599, 204, 201, 301, 304])} Odd`,
          "application/json",
        ),
      );
    case "type":
      return made(
        whole(
          good,
          "200 OK",
          pickOne(random, [
            "text/html",
            "application/json",
            "text/event-stream; charset=utf-8",
            "",
            "application/octet-stream",
            "x/y",
          ]),
        ),
      );
    case "framing":
      return made(badFraming(good, head, type, random), "end");
    case "http":
      return made(mutateBytes(whole(good), random), "end");
    case "cut": {
      const bytes = whole(good);
      return made(bytes.subarray(0, pickInteger(random, 0, bytes.length - 1)), pickOne(random, ["end", "reset"]));
    }
    case "silence":
      // Silence costs a time-out each: few of them go on to it.
      return random() < 0.02
        ? made(whole(good).subarray(0, pickInteger(random, 0, 200)), "stay-silent")
        : made(whole(good));
    default:
      return made(
        Buffer.from(Array.from({ length: pickInteger(random, 0, 400) }, () => pickInteger(random, 0, 255))),
        "end",
      );
  }
}

function mutateEvents(dialect: Dialect, events: readonly JsonObject[], random: Random): Buffer {
  const changed = [...events];
  for (let times = pickInteger(random, 1, 3); times > 0; times--) {
    const at = pickInteger(random, 0, changed.length - 1);
    changed[at] = mutateJson(changed[at] ?? {}, random) as JsonObject;
  }
  let text = changed
    .map((event) =>
      dialect === "openai-chat"
        ? `data: ${JSON.stringify(event)}\n\n`
        : `event: ${JSON.stringify(event?.["type"])?.replaceAll('"', "")}\ndata: ${JSON.stringify(event)}\n\n`,
    )
    .join("");
  if (dialect === "openai-chat" && random() < 0.8) text += "data: [DONE]\n\n";
  if (random() < 0.2) text = text.replaceAll("\n", "\r\n");
  if (random() < 0.1) text = text.replaceAll(/^event: .*\n/gm, "");
  if (random() < 0.1) text = text.replaceAll("data: ", "data:");
  if (random() < 0.1) text = `: comment\n\n${text}`;
  if (random() < 0.1) text += `data: ${JSON.stringify(oddValue(random))}\n\n`;
  return Buffer.from(text);
}

function shuffle(events: readonly JsonObject[], random: Random): JsonObject[] {
  const shuffled = [...events];
  for (let times = pickInteger(random, 1, 4); times > 0; times--) {
    const [moved] = shuffled.splice(pickInteger(random, 0, shuffled.length - 1), 1);
    const fate = random();
    if (moved === undefined || fate < 0.3) continue;
    shuffled.splice(pickInteger(random, 0, shuffled.length), 0, moved);
    if (fate > 0.7) shuffled.splice(pickInteger(random, 0, shuffled.length), 0, moved);
  }
  return shuffled;
}

function errorBody(random: Random): Buffer {
  const bodies: readonly [string, ...string[]] = [
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    '{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}',
    '{"error":"just text"}',
    '{"error":null}',
    '{"detail":[{"msg":"wrong"}]}',
    "<html>502</html>",
    "",
    "null",
    '{"error":{"message":{"a":1},"type":7,"code":[]}}',
    '{"error":{"message":"This model\'s maximum context length is 8192 tokens.","code":"context_length_exceeded"}}',
  ];
  return random() < 0.5
    ? Buffer.from(pickOne(random, bodies))
    : mutateBytes(Buffer.from(pickOne(random, bodies)), random);
}

function badFraming(
  body: Buffer,
  head: (status: string, lines: readonly string[]) => string,
  type: string,
  random: Random,
): Buffer {
  const typed = `content-type: ${type}`;
  const chunked = [typed, "transfer-encoding: chunked"];
  const lengthOf = (length: number): string[] => [typed, `content-length: ${length}`];
  const text = body.toString();
  return Buffer.from(
    pickOne(random, [
      head("200 OK", [typed]) + text,
      head("200 OK", lengthOf(body.length + 50)) + text,
      head("200 OK", lengthOf(Math.max(0, body.length - 50))) + text,
      head("200 OK", chunked) + `${body.length.toString(16)}\r\n${text}\r\n`,
      head("200 OK", chunked) + `zz\r\n${text}\r\n0\r\n\r\n`,
      head("200 OK", chunked) + `${(body.length + 9).toString(16)}\r\n${text}\r\n0\r\n\r\n`,
      head("100 Continue", []) + head("200 OK", lengthOf(body.length)) + text,
      head("200 OK", lengthOf(body.length)) + text + head("200 OK", lengthOf(body.length)) + text,
      head("200 OK", [...lengthOf(body.length), "content-encoding: gzip"]) + text,
      head("200 OK", [typed, "x: " + "y".repeat(40_000), `content-length: ${body.length}`]) + text,
      `HTTP/1.0 200 OK\r\n${typed}\r\n\r\n${text}`,
      `HTTP/9.9 999\r\n\r\n${text}`,
    ]),
  );
}

/** Cuts the bytes into pieces: providers' packets end anywhere. */
function cut(bytes: Buffer, random: Random): Buffer[] {
  if (random() < 0.5) return [bytes];
  const places = Array.from({ length: pickInteger(random, 1, 6) }, () => pickInteger(random, 0, bytes.length));
  const edges = [0, ...places.sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}
