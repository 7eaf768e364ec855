import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { HeldBytes } from "./held-bytes.ts";
import type { AnswerListener, AnswerReceiver } from "./shared-answer.ts";
import { Flight, Flights } from "./single-flight.ts";
import type { FlightOptions, FlightOutcome, Seat } from "./single-flight.ts";

type Head = { readonly status: number };

function options(change: Partial<FlightOptions> = {}): FlightOptions {
  return { maxBytes: 1_000_000, held: new HeldBytes(1_000_000), monotonicMs: () => 0, ...change };
}

/** A provider's answer that a test pushes by hand. */
class Source {
  readonly head: Head = { status: 200 };
  isPaused = false;
  sent = "";
  #receiver: AnswerReceiver | null = null;

  receive(receiver: AnswerReceiver): void {
    this.#receiver = receiver;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  push(text: string): void {
    this.sent += text;
    this.#receiver!.onData(Buffer.from(text));
  }
  end(): void {
    this.#receiver!.onEnd();
  }
  fail(): void {
    this.#receiver!.onError(new Error("broke off"));
  }
}

/** A client: what it got, and how it was told the end. */
class Client implements AnswerReceiver {
  got = "";
  readonly ends: string[] = [];
  isPaused = false;
  readonly listener: AnswerListener<Head>;
  readonly seat: Seat;

  constructor(listener: AnswerListener<Head>, seat: Seat) {
    this.listener = listener;
    this.seat = seat;
    listener.receive(this);
  }
  onData(piece: Uint8Array): void {
    this.got += Buffer.from(piece).toString();
  }
  onEnd(): void {
    this.ends.push("ended");
  }
  onError(): void {
    this.ends.push("failed");
  }
}

function follow(listener: AnswerListener<Head>, seat: Seat): Client {
  return new Client(listener, seat);
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("push" as const), text: fc.string({ maxLength: 40 }) }) },
  fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const, "leave" as const), who: fc.nat(5) }),
  fc.constant({ kind: "join" as const }),
  fc.constant({ kind: "end" as const }),
  fc.constant({ kind: "fail" as const }),
);

/** `maxBytes` small: the answer grows beyond what is held, and cannot be joined any more. */
for (const maxBytes of [1_000_000, 100]) {
  test(`whatever callers do, each gets all of the answer in order and its end once (${maxBytes} bytes held)`, () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const held = new HeldBytes(1_000_000);
        const flight = new Flight<Head, string, string>(options({ maxBytes, held }));
        const source = new Source();
        let emptied = 0;
        const clients: Client[] = [new Client(flight.share(source), flight.take())];
        flight.onEmpty(() => emptied++);
        let end: "ended" | "failed" | null = null;
        const present = new Set(clients);
        for (const one of steps) {
          if (emptied > 0) break;
          if (one.kind === "push" && end === null) source.push(one.text);
          else if (one.kind === "join") join(flight, clients, present, source);
          else if ((one.kind === "end" || one.kind === "fail") && end === null) {
            end = one.kind === "end" ? "ended" : "failed";
            source[one.kind]();
          } else if (one.kind === "pause" || one.kind === "resume" || one.kind === "leave")
            act(one.kind, clients[one.who], present);
          check(clients, present, source, end);
          assert.equal(flight.size, present.size);
          assert.equal(emptied, present.size === 0 ? 1 : 0);
        }
        for (const client of present) act("resume", client, present);
        check(clients, present, source, end);
        flight.close();
        await setImmediate();
        assert.equal(held.bytes, 0, "what was held is given back");
      }),
      { numRuns: 300 },
    ));
}

function join(flight: Flight<Head, string, string>, clients: Client[], present: Set<Client>, source: Source): void {
  const listener = flight.listen();
  if (listener === null) return;
  const client = new Client(listener, flight.take());
  clients.push(client);
  present.add(client);
  assert.equal(client.got, source.sent, "who joins gets what there is so far at once");
}

function act(kind: "pause" | "resume" | "leave", client: Client | undefined, present: Set<Client>): void {
  if (client === undefined || !present.has(client)) return;
  if (kind === "leave") {
    present.delete(client);
    client.listener.leave();
    client.seat.leave();
    client.seat.leave();
  } else {
    client.isPaused = kind === "pause";
    client.listener[kind]();
  }
}

function check(clients: readonly Client[], present: ReadonlySet<Client>, source: Source, end: string | null): void {
  for (const client of clients) {
    assert.ok(source.sent.startsWith(client.got), "in order, nothing twice");
    assert.ok(client.ends.length <= 1);
    if (!present.has(client) || client.isPaused) continue;
    assert.equal(client.got, source.sent);
    assert.deepEqual(client.ends, end === null ? [] : [end]);
  }
  if (end !== null || present.size === 0) return;
  if ([...present].every(({ isPaused }) => isPaused)) assert.ok(source.isPaused, "nobody takes anything");
  if ([...present].every(({ isPaused }) => !isPaused)) assert.ok(!source.isPaused, "all take everything");
}

test("one that stalls does not stall the others, as long as the answer is held", () => {
  const source = new Source();
  const flight = new Flight<Head, string, string>(options({ maxBytes: 10_000 }));
  const [first, second] = [
    new Client(flight.share(source), flight.take()),
    new Client(flight.listen()!, flight.take()),
  ];
  first.listener.pause();
  source.push("x".repeat(5_000));
  assert.deepEqual([source.isPaused, second.got.length, first.got.length], [false, 5_000, 0]);
  // Beyond the bound it may not fall behind any further.
  source.push("y".repeat(6_000));
  assert.deepEqual([source.isPaused, second.got.length], [true, 11_000]);
  assert.equal(flight.listen(), null);
  first.listener.resume();
  assert.deepEqual([source.isPaused, first.got], [false, second.got]);
});

test("an answer that failed before it had begun gives way to the next one", () => {
  const flight = new Flight<Head, string, string>(options());
  const [bad, good] = [new Source(), new Source()];
  follow(flight.share(bad), flight.take());
  bad.push("half of a");
  const leader = new Client(flight.share(good), { leave: () => undefined });
  const late = new Client(flight.listen()!, flight.take());
  good.push("all");
  good.end();
  assert.deepEqual([leader.got, late.got, late.ends], ["all", "all", ["ended"]]);
  assert.equal(flight.whole()?.body.toString(), "all");
});

test("a leader that reads no further does not leave the others waiting", () => {
  const flight = new Flight<Head, string, string>(options());
  const source = new Source();
  follow(flight.share(source), flight.take());
  const follower = new Client(flight.listen()!, flight.take());
  source.push("half");
  flight.breakOff(new Error("the leader's limit"));
  assert.deepEqual([follower.got, follower.ends], ["half", ["failed"]]);
  assert.equal(flight.whole(), null);
});

test("those who wait hear once how it began; a flight that is over cannot be found", async () => {
  const flights = new Flights<Head, string, string>();
  const told: FlightOutcome<string, string>[] = [];
  for (const outcome of [
    { kind: "served", served: "here" },
    { kind: "failed", failure: "no" },
    { kind: "given-up" },
  ] as const) {
    const flight = flights.open("key", options());
    assert.equal(flights.find("key"), flight);
    const waiting = flight.outcome.then((one) => told.push(one));
    if (outcome.kind === "given-up") flight.close();
    else flight.tell(outcome);
    flight.tell({ kind: "failed", failure: "too late" });
    // While an answer comes it can be joined; a failure cannot.
    assert.equal(flights.find("key"), outcome.kind === "served" ? flight : null);
    flight.close();
    assert.equal(flights.find("key"), null);
    await waiting;
  }
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ["served", "failed", "given-up"],
  );
  assert.equal(flights.size, 0);
});

test("the end of a flight does not take a newer one of the same key along", () => {
  const flights = new Flights<Head, string, string>();
  const old = flights.open("key", options());
  old.tell({ kind: "given-up" });
  const next = flights.open("key", options());
  old.close();
  assert.equal(flights.find("key"), next);
});

test("who is told of an answer in the turn of the event loop in which it is over still gets all of it", async () => {
  const held = new HeldBytes(1_000_000);
  const flight = new Flight<Head, string, string>(options({ held }));
  const source = new Source();
  const seat = flight.take();
  const following = flight.outcome.then(({ kind }) => {
    assert.equal(kind, "served");
    return new Client(flight.listen()!, seat);
  });
  follow(flight.share(source), flight.take());
  source.push("all of it");
  source.end();
  flight.tell({ kind: "served", served: "here" });
  flight.close();
  const { got, ends } = await following;
  assert.deepEqual([got, ends], ["all of it", ["ended"]]);
  await setImmediate();
  assert.deepEqual([flight.listen(), held.bytes], [null, 0]);
});

test("all answers on their way together hold no more than they may", async () => {
  const held = new HeldBytes(20_000);
  const sources = [new Source(), new Source(), new Source()];
  const flights = sources.map((source) => {
    const flight = new Flight<Head, string, string>(options({ held }));
    const client = new Client(flight.share(source), flight.take());
    source.push("x".repeat(9_000));
    assert.equal(client.got.length, 9_000);
    return flight;
  });
  assert.ok(held.bytes <= 20_000);
  assert.deepEqual(
    flights.map((flight) => flight.listen() !== null),
    [true, true, false],
  );
  for (const flight of flights) flight.close();
  await setImmediate();
  assert.equal(held.bytes, 0);
});

test("the pace of a long answer is kept in few marks, up to its last byte", () => {
  let now = 0;
  const flight = new Flight<Head, string, string>(options({ monotonicMs: () => now }));
  const source = new Source();
  follow(flight.share(source), flight.take());
  for (let piece = 0; piece < 3_000; piece++) {
    source.push("abc");
    now += 7;
  }
  source.end();
  const { pace } = flight.whole()!;
  assert.ok(pace.length > 30 && pace.length <= 64, `${pace.length} marks`);
  assert.equal(pace.at(-1)!.bytes, 9_000);
  for (const [place, mark] of pace.entries()) {
    if (place > 0) assert.ok(mark.afterMs > pace[place - 1]!.afterMs && mark.bytes > pace[place - 1]!.bytes);
    // A byte of the answer is at most one step of the recording away from when it came.
    assert.ok(Math.abs(mark.bytes / 3 - mark.afterMs / 7) < 200);
  }
});
