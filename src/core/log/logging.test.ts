import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "../time/clock.ts";
import { formatForTerminal } from "./log-format.ts";
import { LineRedactor } from "./log-redaction.ts";
import { callComponent, StructuredLogger } from "./logging.ts";
import type { StructuredLoggerOptions } from "./logging.ts";

type Line = Readonly<Record<string, unknown>>;

function createRecorded(options: StructuredLoggerOptions = {}): {
  logger: StructuredLogger;
  lines: () => Line[];
  text: () => string;
} {
  const written: string[] = [];
  const output = { write: (line: string) => void written.push(line), flush: () => undefined, close: () => undefined };
  const logger = new StructuredLogger({ output, ...options });
  return { logger, lines: () => written.map((line) => JSON.parse(line) as Line), text: () => written.join("") };
}

function withFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "ccr-log-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a line is JSON with level, time, component and fields", () => {
  const { logger, lines } = createRecorded();
  logger.child({ component: "gateway" }).info({ port: 3456 }, "listening");
  const [line] = lines();
  assert.equal(line?.["level"], "info");
  assert.match(String(line?.["time"]), /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual([line?.["component"], line?.["port"], line?.["msg"]], ["gateway", 3456, "listening"]);
  logger.close();
});

test("lines below the level are not written", () => {
  const { logger, lines } = createRecorded({ level: "warn" });
  logger.info({}, "quiet");
  logger.warn({}, "loud");
  assert.deepEqual(
    lines().map((line) => line["msg"]),
    ["loud"],
  );
  assert.deepEqual(logger.lineCounts(), { debug: 0, info: 0, warn: 1, error: 0 });
  logger.close();
});

test("an error is written with its message, stack and cause", () => {
  const { logger, lines } = createRecorded();
  logger.error({ error: new Error("outer", { cause: new Error("inner") }) }, "failed");
  assert.match(JSON.stringify(lines()[0]), /outer.*stack.*inner|stack.*inner/s);
  logger.close();
});

test("no secret reaches a line, wherever it stands", () => {
  const { logger, text } = createRecorded();
  logger.hideSecrets(["my+odd.key(1)"]);
  const secrets = {
    a: "sk-ant-api03-abcdefghijkl",
    b: "Bearer abcdef123456",
    headers: { authorization: "whatever", "x-api-key": "plain-words", "Set-Cookie": "id=1" },
    url: "redis://user:hunter22@localhost:6379",
    nested: [{ message: "Incorrect API key provided: gsk_abcdefghijklmnopqrst" }],
    body: '{"error":"x","api_key": "in-a-body"}',
    query: "https://host/v1?key=in-a-query&x=1",
    own: "the key is my+odd.key(1)!",
    google: "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def",
  };
  logger.info(secrets, "sk-proj-message-too");
  logger.error({ error: new Error("failed with sk-in-an-error-123") }, "x");
  for (const secret of [
    "ant-api03",
    "abcdef123456",
    "whatever",
    "plain-words",
    "id=1",
    "hunter22",
    "gsk_",
    "odd.key",
    "AIza",
    "eyJ",
    "message-too",
    "in-an-error",
    "in-a-body",
    "in-a-query",
  ]) {
    assert.ok(!text().includes(secret), secret);
  }
  logger.close();
});

test("redaction leaves ordinary lines as they are, and JSON as JSON", () => {
  const redactor = new LineRedactor();
  const line = '{"level":"info","msg":"task-list for sk- and https://api.openai.com/v1 tokens: 12","user":"a@b.c"}\n';
  assert.equal(redactor.redact(line), line);
  assert.deepEqual(JSON.parse(redactor.redact('{"password":"a\\"b","x":"1"}')), { password: "[hidden]", x: "1" });
});

test("a long text of words that begin like a JWT is redacted in no time, and keys within them are hidden", () => {
  const redactor = new LineRedactor();
  const startedAt = performance.now();
  for (const text of ["eyJ-".repeat(40_000), "eyJ0123456789.".repeat(12_000)]) redactor.redact(text);
  assert.ok(performance.now() - startedAt < 500);
  assert.equal(redactor.redact("eyJ0123456789-sk-abcdefgh01"), "eyJ0123456789-[hidden]");
});

test("a burst of equal errors is folded into one line with a count", () => {
  const clock = createManualClock(0);
  const { logger, lines } = createRecorded({ clock });
  const child = logger.child({ component: "redis" });
  for (let index = 0; index < 100; index++) child.warn({ error: new Error("refused") }, "redis is away");
  child.warn({ error: new Error("other") }, "redis is away");
  assert.equal(lines().length, 6);
  clock.advanceMs(10_000);
  logger.flush();
  const last = lines().at(-1);
  assert.deepEqual(
    [last?.["component"], last?.["msg"], last?.["folded"], last?.["level"]],
    ["redis", "redis is away", 95, "warn"],
  );
  assert.equal(logger.lineCounts().warn, 101);
  clock.advanceMs(3_600_000);
  child.warn({ error: new Error("refused") }, "redis is away");
  assert.equal(lines().length, 8);
  logger.close();
});

test("closing tells what is still folded", () => {
  const { logger, lines } = createRecorded({ clock: createManualClock(0) });
  for (let index = 0; index < 7; index++) logger.error({}, "again");
  logger.close();
  assert.equal(lines().at(-1)?.["folded"], 2);
});

test("the lines of calls are never folded", () => {
  const { logger, lines } = createRecorded();
  const calls = logger.child({ component: callComponent });
  for (let index = 0; index < 50; index++) calls.warn({}, "call failed");
  assert.equal(lines().length, 50);
  logger.close();
});

test("warnings and worse go to the log file too, which is made with its folder", () =>
  withFolder((folder) => {
    const file = join(folder, "logs", "error.log");
    const { logger } = createRecorded({ file });
    logger.info({}, "fine");
    logger.warn({}, "odd");
    logger.error({ key: "sk-abcdefghijk" }, "bad");
    logger.close();
    const lines = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as Line)["msg"]);
    assert.deepEqual(lines, ["odd", "bad"]);
    assert.ok(!readFileSync(file, "utf8").includes("sk-a"));
  }));

test("a full log file moves aside, and the oldest of six is dropped", () =>
  withFolder((folder) => {
    const file = join(folder, "error.log");
    const { logger } = createRecorded({ file, maxFileBytes: 1_000 });
    const calls = logger.child({ component: callComponent });
    for (let index = 0; index < 200; index++) calls.warn({ index, filler: "x".repeat(50) }, "odd");
    logger.close();
    assert.deepEqual(readdirSync(folder).sort(), ["error.log", ...[1, 2, 3, 4, 5].map((n) => `error.log.${n}`)]);
    for (const name of readdirSync(folder)) assert.ok(statSync(join(folder, name)).size <= 1_000, name);
    const newest = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as Line)["index"]);
    const before = readFileSync(`${file}.1`, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as Line)["index"]);
    assert.equal(newest.at(-1), 199);
    assert.equal(Number(before.at(-1)) + 1, newest[0]);
  }));

test("a log file that somebody else moves or removes is begun anew, but no folder that is gone", () =>
  withFolder((folder) => {
    const file = join(folder, "logs", "error.log");
    const clock = createManualClock(0);
    const { logger } = createRecorded({ file, clock });
    const messagesOf = (path: string): unknown[] => {
      logger.flush();
      const lines = readFileSync(path, "utf8").trim().split("\n");
      return lines.map((line) => (JSON.parse(line) as Line)["msg"]);
    };
    logger.warn({}, "first");
    renameSync(file, `${file}-20261128`);
    logger.warn({}, "on its way");
    clock.advanceMs(1_000);
    logger.warn({}, "second");
    assert.deepEqual(messagesOf(`${file}-20261128`), ["first", "on its way"]);
    assert.deepEqual(messagesOf(file), ["second"]);
    rmSync(file);
    clock.advanceMs(1_000);
    logger.warn({}, "third");
    assert.deepEqual(messagesOf(file), ["third"]);
    rmSync(join(folder, "logs"), { recursive: true });
    clock.advanceMs(1_000);
    logger.warn({}, "to nobody");
    assert.equal(existsSync(join(folder, "logs")), false);
    mkdirSync(join(folder, "logs"));
    clock.advanceMs(1_000);
    logger.warn({}, "fourth");
    assert.deepEqual(messagesOf(file), ["fourth"]);
    logger.close();
  }));

test("a log file that cannot be opened is told, and the router goes on", () =>
  withFolder((folder) => {
    const { logger, lines } = createRecorded({ file: join(folder, "a\0b", "error.log") });
    assert.equal(lines()[0]?.["msg"], "the log file cannot be written");
    logger.error({}, "still here");
    assert.equal(lines().at(-1)?.["msg"], "still here");
    logger.close();
  }));

test("lines for a terminal show time, level, component, sentence, fields and the stack", () => {
  const line =
    '{"level":"error","time":"2026-01-02T03:04:05.678Z","component":"gateway","port":1,"error":{"message":"a b","stack":"Error: a b\\n  at x"},"msg":"failed"}\n';
  assert.equal(
    formatForTerminal(line, false),
    "03:04:05.678 ERROR gateway failed port=1 error=a b\nError: a b\n  at x\n",
  );
  const hostile = JSON.stringify({ level: "warn", time: "", msg: "call\u001B[2J", askedModel: "a\u001B[31mb" });
  assert.doesNotMatch(formatForTerminal(hostile, false), /\p{Cc}(?!$)/u);
  // JSON spells out neither of these: a terminal takes the first for the start of a command.
  const hidden = "\u009B2J\u202E";
  const error = { message: hidden, stack: `Error: ${hidden}` };
  const fields = JSON.stringify({
    level: "warn",
    time: "",
    msg: "call",
    askedModel: hidden,
    client: { app: hidden },
    error,
  });
  assert.doesNotMatch(formatForTerminal(fields, false), /[\u009B\u202E]/);
  assert.equal(formatForTerminal("no json", true), "no json");
});
