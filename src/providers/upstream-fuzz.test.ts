/** The socket client against undici's parser, and under aborts and floods. */
import { strict as assert } from "node:assert";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after, test } from "node:test";
import { createSocketUpstream } from "./upstream/socket/upstream-socket.ts";
import { createUndiciUpstream } from "./upstream/upstream-undici.ts";
import type { UpstreamClient, UpstreamRequest } from "./upstream/upstream.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function request(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const timeouts = { connectMs: 10_000, firstByteMs: 10_000, betweenBytesMs: 10_000 };
  return { method: "POST", path: "/", headers: {}, body: Buffer.from("{}"), timeouts, ...changes };
}

/** Small and repeatable: a failure names its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Code of the error, "" for a whole answer. */
  readonly error: string;
}

async function ask(upstream: UpstreamClient, path: string): Promise<Outcome> {
  const toCode = (error: unknown): string => String((error as { code?: unknown }).code);
  try {
    const answer = await upstream.send(request({ path })).answer;
    const chunks: Uint8Array[] = [];
    const error = await new Promise<string>((resolve) => {
      answer.receive({
        onData: (chunk) => chunks.push(chunk),
        onEnd: () => resolve(""),
        onError: (reason) => resolve(toCode(reason)),
      });
    });
    const type = String(answer.head.headers["content-type"] ?? "");
    return { status: answer.head.status, type, body: Buffer.concat(chunks).toString("latin1"), error };
  } catch (reason) {
    return { status: 0, type: "", body: "", error: toCode(reason) };
  }
}

const recorded = [
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\nx-a: 1\r\nx-a: 2\r\n\r\n{"ok": "yes"}',
  'HTTP/1.1 529 \r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"type":"error"}',
  "HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nold",
  "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" +
    "1a\r\nevent: ping\r\ndata: {}     \r\n\r\n;\r\n".slice(0, 30) +
    "\r\n5;x=y\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n",
  "HTTP/1.1 204 No Content\r\n\r\n",
];

const splinters = ["\r\n", "\n", "\r", ":", " ", "0", "f", ";", "\0", "chunked", "content-length: 3\r\n", "\r\n\r\n"];

/** A few bytes changed, doubled, lost, or odd ones put in. */
function mutate(text: string, random: (below: number) => number): string {
  let result = text;
  for (let left = random(3); left > 0; left--) {
    const at = random(result.length + 1);
    const splinter = splinters[random(splinters.length)]!;
    const cutTo = at + random(4);
    const inserted = [splinter, "", String.fromCharCode(random(256)), result.slice(at, at + random(12)) + splinter];
    result = result.slice(0, at) + inserted[random(4)]! + result.slice(random(2) === 0 ? at : cutTo);
  }
  return result;
}

/** Serves `cases[path]` in pieces cut anywhere, then closes. */
function serveCases(cases: readonly string[], random: (below: number) => number): Promise<string> {
  return listen((socket) => {
    socket.setNoDelay(true);
    socket.once("data", (data) => {
      const text = cases[Number(/^POST \/(\d+)/.exec(data.toString("latin1"))?.[1])]!;
      let at = 0;
      const next = (): void => {
        if (at >= text.length) return void socket.end();
        const size = 1 + random(random(2) === 0 ? 4 : 60);
        socket.write(text.slice(at, (at += size)), "latin1");
        setImmediate(next);
      };
      next();
    });
  });
}

test("whatever a provider sends, it is understood as undici understands it, or refused", async () => {
  const seed = 20_261_122;
  const random = randomFrom(seed);
  // Spaces at a line's end are no part of a value; undici takes them for one, and loses the length before them.
  const cases = Array.from({ length: 1_500 }, (_none, index) =>
    mutate(recorded[index % recorded.length]!, random).replace(/(:[^\r\n]*[^\r\n\t ])[\t ]+\r\n/g, "$1\r\n"),
  );
  const origin = await serveCases(cases, random);
  let whole = 0;
  let refused = 0;
  const check = async (index: number): Promise<void> => {
    // Fresh clients: the server closes each connection, and who tries one again on its way out hears that instead.
    const own = createSocketUpstream({ origin, ca: null, maxSockets: 1 });
    const undici = createUndiciUpstream({ origin, proxy: null, ca: null, maxSockets: 1 });
    const [ours, theirs] = await Promise.all([ask(own, `/${index}`), ask(undici, `/${index}`)]);
    await Promise.all([own.close(), undici.close()]);
    if (ours.error === "") {
      whole++;
      assert.deepEqual(ours, theirs, `case ${index} of seed ${seed}: ${JSON.stringify(cases[index])}`);
    } else {
      refused++;
      assert.match(ours.error, /^provider_(?:bad_answer|cut_answer|unreachable)$/);
    }
  };
  const queue = cases.map((_text, index) => index);
  const work = async (): Promise<void> => {
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) await check(index);
  };
  await Promise.all(Array.from({ length: 12 }, work));
  assert.ok(whole > 300 && refused > 200, `${whole} whole, ${refused} refused`);
});

test("thousands of exchanges with aborts at any moment leave no socket, no exchange, and answers where they belong", async () => {
  const random = randomFrom(7);
  const open = new Set<Socket>();
  const origin = await listen((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("data", (data) => {
      const path = /^POST (\S+)/.exec(data.toString("latin1"))?.[1] ?? "";
      const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
      const begin = `${head}${path.length.toString(16)}\r\n${path}\r\n`;
      const end = "1\r\n.\r\n0\r\n\r\n";
      if (random(2) === 0) return void socket.write(begin + end);
      socket.write(begin);
      setImmediate(() => socket.write(end));
    });
  });
  const upstream = createSocketUpstream({ origin, ca: null, maxSockets: 20 });
  let answered = 0;
  const one = async (index: number): Promise<void> => {
    const exchange = upstream.send(request({ path: `/${index}` }));
    const moment = random(8);
    if (moment === 0) exchange.abort();
    if (moment === 1) setImmediate(() => exchange.abort());
    const answer = await exchange.answer.catch(() => null);
    if (answer === null) return;
    if (moment === 2) return exchange.abort();
    await new Promise<void>((resolve, reject) => {
      let text = "";
      if (moment === 1) setTimeout(resolve, 5);
      answer.receive({
        onData: (chunk) => {
          text += Buffer.from(chunk).toString();
          if (moment !== 3) return;
          exchange.abort();
          resolve();
        },
        onEnd: () => {
          if (text === `/${index}.`) answered++;
          else reject(new Error(`${text} in place of /${index}.`));
          resolve();
        },
        onError: reject,
      });
    });
  };
  for (let round = 0; round < 50; round++) {
    await Promise.all(Array.from({ length: 60 }, (_none, index) => one(round * 100 + index)));
  }
  const { sockets, running, queued } = upstream.stats();
  assert.ok(answered > 1_000, `${answered} answered`);
  assert.deepEqual([running, queued], [0, 0]);
  assert.ok(sockets <= 20, `${sockets} sockets`);
  await upstream.close();
  assert.equal(upstream.stats().sockets, 0);
  while (open.size > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("bytes that nobody asked for close their connection and reach no call", async () => {
  let connections = 0;
  const good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  const origin = await listen((socket) => {
    connections++;
    socket.on("data", () => {
      socket.write(good);
      // On its own, so that it finds the connection idle.
      setTimeout(() => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nextra"), 15);
    });
  });
  const upstream = createSocketUpstream({ origin, ca: null, maxSockets: 4 });
  for (let round = 1; round <= 3; round++) {
    assert.equal((await ask(upstream, "/")).body, "ok");
    while (upstream.stats().sockets > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connections, round);
  }
  await upstream.close();
});

test("a connection is not kept longer than the provider says, and not at all after `connection: close`", async () => {
  for (const header of ["keep-alive: timeout=1", "connection: close", "connection: x, Close"]) {
    let connections = 0;
    const origin = await listen((socket) => {
      connections++;
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 2\r\n\r\nok`));
    });
    const upstream = createSocketUpstream({ origin, ca: null, maxSockets: 4 });
    for (let round = 1; round <= 2; round++) assert.equal((await ask(upstream, "/")).body, "ok");
    assert.equal(connections, 2, header);
    await upstream.close();
  }
});

test("an answer that overtakes its large request closes the connection", async () => {
  let connections = 0;
  const origin = await listen((socket) => {
    connections++;
    socket.once("data", () => {
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig");
    });
  });
  const upstream = createSocketUpstream({ origin, ca: null, maxSockets: 4 });
  for (let round = 1; round <= 2; round++) {
    const answer = await upstream.send(request({ body: Buffer.alloc(30_000_000) })).answer;
    assert.equal(answer.head.status, 413);
    assert.equal(upstream.stats().sockets, 0);
  }
  assert.equal(connections, 2);
  await upstream.close();
});
