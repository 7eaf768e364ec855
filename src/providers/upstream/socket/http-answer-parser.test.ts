import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HttpAnswerParser } from "./http-answer-parser.ts";

interface Read {
  status: number;
  headers: unknown;
  body: string;
  end: "open" | "ended" | "ended, more follows" | "refused";
  reason: string;
  pieces: number;
}

/** Parses `text`, cut at the given places; `closes`: the connection ends after it. */
function parse(text: string, cuts: readonly number[] = [], closes = false): Read {
  const read: Read = { status: 0, headers: null, body: "", end: "open", reason: "", pieces: 0 };
  const parser = new HttpAnswerParser({
    onHead: ({ status, headers }) => Object.assign(read, { status, headers }),
    onBody: (piece) => {
      assert.equal(read.end, "open");
      read.body += Buffer.from(piece).toString("latin1");
      read.pieces++;
    },
    onEnd: (hasMore) => {
      read.end = hasMore ? "ended, more follows" : "ended";
    },
    onRefused: (reason) => Object.assign(read, { end: "refused", reason }),
  });
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    if (cut <= from || read.end !== "open") continue;
    parser.push(Buffer.from(text.slice(from, cut), "latin1"));
    from = cut;
  }
  if (closes) parser.finish();
  return read;
}

const ok = "HTTP/1.1 200 OK\r\n";
const chunkedHead = `${ok}transfer-encoding: chunked\r\n\r\n`;

describe("an answer", () => {
  test("has status, headers in lower case, repeated ones as lists", () => {
    const read = parse("HTTP/1.1 429 \r\nX-A:  1 \r\nx-b: é\r\nX-a: 2\r\nX-A: 3\r\ncontent-length: 2\r\n\r\nno");
    assert.equal(read.status, 429);
    assert.deepEqual(read.headers, { "x-a": ["1", "2", "3"], "x-b": "é", "content-length": "2" });
    assert.deepEqual([read.body, read.end], ["no", "ended"]);
  });

  test("may leave out its reason, and the space before it", () => {
    for (const end of ["", " "]) {
      const read = parse(`HTTP/1.1 200${end}\r\ncontent-length: 2\r\n\r\nok`);
      assert.deepEqual([read.status, read.body, read.end], [200, "ok", "ended"]);
    }
  });

  test("skips informational ones, also cut anywhere", () => {
    const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n${ok}content-length: 1\r\n\r\na`;
    for (let cut = 1; cut < text.length; cut++) {
      const read = parse(text, [cut]);
      assert.deepEqual([read.status, read.body, read.end], [200, "a", "ended"]);
    }
  });

  test("of 204 and 304 has no body, whatever its headers say", () => {
    for (const status of ["204 No", "304 Not"]) {
      for (const header of ["content-length: 5", "transfer-encoding: chunked", "x: y"]) {
        assert.equal(parse(`HTTP/1.1 ${status}\r\n${header}\r\n\r\n`).end, "ended");
      }
    }
  });

  test("without a length goes on until the connection closes", () => {
    assert.equal(parse("HTTP/1.0 200 OK\r\n\r\nabc").end, "open");
    const read = parse("HTTP/1.0 200 OK\r\n\r\nabc", [20], true);
    assert.deepEqual([read.body, read.end], ["abc", "ended"]);
  });

  test("says when more bytes follow it", () => {
    assert.equal(parse(`${ok}content-length: 1\r\n\r\nab`).end, "ended, more follows");
    assert.equal(parse(`${chunkedHead}0\r\n\r\nHTTP`).end, "ended, more follows");
    assert.equal(parse(`${ok}content-length: 0\r\n\r\n`).end, "ended");
  });

  test("in chunks may carry extensions and trailers", () => {
    const read = parse(`${chunkedHead}3;a=b;c="d"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nx-sum: 1\r\ny: 2\r\n\r\n`);
    assert.deepEqual([read.body, read.end], ["abc0123456789", "ended"]);
  });

  test("gives small chunks of one read as one piece, large ones apart", () => {
    assert.equal(parse(`${chunkedHead}1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n`).pieces, 1);
    const large = "x".repeat(0x2000);
    const read = parse(`${chunkedHead}1\r\na\r\n2000\r\n${large}\r\n1\r\nb\r\n0\r\n\r\n`);
    assert.deepEqual([read.pieces, read.body], [2, `a${large}b`]);
  });
});

describe("is refused:", () => {
  const heads: readonly [string, string][] = [
    ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n"],
    ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a change of protocol", "HTTP/1.1 101 Switching\r\n\r\n"],
    ["a length and chunks", `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`],
    ["two lengths", `${ok}content-length: 5\r\ncontent-length: 5\r\n\r\n`],
    ["a list of lengths", `${ok}content-length: 5, 5\r\n\r\n`],
    ["a signed length", `${ok}content-length: +5\r\n\r\n`],
    ["an empty length", `${ok}content-length:\r\n\r\n`],
    ["a length beyond all numbers", `${ok}content-length: 99999999999999999999\r\n\r\n`],
    ["an unknown coding", `${ok}transfer-encoding: gzip, chunked\r\n\r\n`],
    ["chunked twice", `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"],
    ["a space before the colon", `${ok}content-length : 5\r\n\r\n`],
    ["a folded line", `${ok}x-a: 1\r\n 2\r\n\r\n`],
    ["a line without a colon", `${ok}nonsense\r\n\r\n`],
    ["a bare line feed", `${ok}x-a: 1\nx-b: 2\r\n\r\n`],
    ["bare line feeds only", "HTTP/1.1 200 OK\nx-a: 1\n\n"],
    ["a bare carriage return", `${ok}x-a: 1\rx-b: 2\r\n\r\n`],
    ["a NUL", `${ok}x-a: \0\r\n\r\n`],
    ["a head that is too long", `${ok}x: ${"x".repeat(70_000)}`],
    ["a head that is too long, complete", `${ok}x: ${"x".repeat(70_000)}\r\n\r\n`],
    ["too many headers", `${ok}${"a:\r\n".repeat(1_001)}\r\n`],
    ["no chunk size", `${chunkedHead}\r\n`],
    ["a chunk size with a sign", `${chunkedHead}+1\r\na\r\n`],
    ["a chunk size with 0x", `${chunkedHead}0x1\r\na\r\n`],
    ["a chunk size with a space", `${chunkedHead}1 \r\na\r\n`],
    ["a chunk size beyond all numbers", `${chunkedHead}ffffffffffffffff\r\n`],
    ["a chunk longer than its size", `${chunkedHead}1\r\nab\r\n`],
    ["a chunk that ends in a line feed", `${chunkedHead}1\r\na\n`],
    ["a size line that ends in a line feed", `${chunkedHead}1\na\r\n`],
    ["an extension with a line feed", `${chunkedHead}1;a\n\r\na\r\n`],
    ["an endless extension", `${chunkedHead}1;${"x".repeat(5_000)}`],
    ["endless trailers", `${chunkedHead}0\r\n${"a: b\r\n".repeat(20_000)}`],
  ];
  for (const [title, text] of heads) {
    test(title, () => {
      const whole = parse(text);
      assert.equal(whole.end, "refused");
      assert.notEqual(whole.reason, "");
      const step = text.length > 500 ? 977 : 1;
      const cuts = Array.from({ length: Math.ceil(text.length / step) }, (_none, index) => index * step);
      assert.equal(parse(text, cuts).end, "refused", "also in small reads");
    });
  }
});

test("a listener that stops it hears nothing more", () => {
  const told: string[] = [];
  const parser: HttpAnswerParser = new HttpAnswerParser({
    onHead: () => told.push("head"),
    onBody: () => {
      told.push("body");
      parser.stop();
    },
    onEnd: () => told.push("end"),
    onRefused: () => told.push("refused"),
  });
  parser.push(Buffer.from(`${chunkedHead}1\r\na\r\n2000\r\n${"x".repeat(0x2000)}\r\n0\r\n\r\n`));
  parser.push(Buffer.from("more"));
  assert.deepEqual(told, ["head", "body"]);
});

test("a head that comes byte by byte costs no more than its bytes", () => {
  const text = `${ok}x: ${"x".repeat(60_000)}\r\ncontent-length: 0\r\n\r\n`;
  assert.equal(
    parse(
      text,
      Array.from(text, (_letter, index) => index),
    ).end,
    "ended",
  );
});

test("where reads begin and end changes nothing", () => {
  const chunk = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 });
  const text = fc.array(chunk, { maxLength: 12 }).map((chunks) => {
    const body = chunks.map((one) => `${one.length.toString(16)}\r\n${one}\r\n`).join("");
    return { text: `${chunkedHead}${body}0\r\n\r\n`, body: chunks.join("") };
  });
  fc.assert(
    fc.property(text, fc.array(fc.nat(600), { maxLength: 30 }), ({ text, body }, cuts) => {
      const read = parse(
        text,
        cuts.toSorted((a, b) => a - b),
      );
      assert.deepEqual([read.body, read.end], [body, "ended"]);
    }),
  );
});
