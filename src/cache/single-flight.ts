/**
 * Single flight: identical calls at the same time share one provider's answer.
 *
 * The first of them leads: it asks the provider. Those that come while it is under way join. Whoever leaves leaves alone;
 * when the last one has left the flight is called off. A leader that cannot go on for a reason of its own (its budget, its
 * limits) gives up, and one of the others leads a flight of its own.
 *
 *     waiting --(the answer has begun)--> served --(over)--> closed
 *        |----(the provider failed)-----> failed
 *        `----(the leader gave up)------> given-up
 */
import type { AnswerListener, AnswerSource, SharedAnswerOptions, WholeAnswer } from "./shared-answer.ts";
import { SharedAnswer } from "./shared-answer.ts";

export type FlightOutcome<Served, Failure> =
  | { readonly kind: "served"; readonly served: Served }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "given-up" };

/** One caller's place in a flight. */
export interface Seat {
  /** Safe more than once. */
  leave(): void;
}

/** How much of its answer a flight holds, and by which clock its pace is kept. */
export type FlightOptions = Omit<SharedAnswerOptions, "onSealed">;

/** `Head`: of an answer; `Served`, `Failure`: what the leader tells those who joined. */
export class Flight<Head, Served, Failure> {
  readonly outcome: Promise<FlightOutcome<Served, Failure>>;
  readonly #options: FlightOptions;
  readonly #onClosed: () => void;
  #settle!: (outcome: FlightOutcome<Served, Failure>) => void;
  #isSettled = false;
  #isClosed = false;
  #size = 0;
  #onEmpty: (() => void) | null = null;
  #shared: SharedAnswer<Head> | null = null;

  constructor(options: FlightOptions, onClosed: () => void = () => undefined) {
    this.#options = options;
    this.#onClosed = onClosed;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Callers that still want the answer, the leader among them. */
  get size(): number {
    return this.#size;
  }

  take(): Seat {
    this.#size++;
    let isTaken = true;
    return {
      leave: () => {
        if (!isTaken) return;
        isTaken = false;
        if (--this.#size === 0) this.#onEmpty?.();
      },
    };
  }

  /** Called when nobody wants the answer any more: at once if that is so. One listener at a time. */
  onEmpty(listener: (() => void) | null): void {
    this.#onEmpty = listener;
    if (this.#size === 0) listener?.();
  }

  /** The leader's view of an answer that has come: it takes the place of one that failed before it had begun. */
  share(source: AnswerSource<Head>): AnswerListener<Head> {
    this.#shared?.release();
    this.#shared = new SharedAnswer(source, { ...this.#options, onSealed: () => this.#unlist() });
    return this.#shared.listen();
  }

  /** One more view, for a caller that has joined; null where nobody can join any more. */
  listen(): AnswerListener<Head> | null {
    return this.#shared === null || this.#shared.isSealed ? null : this.#shared.listen();
  }

  /** The leader does not read the provider any more: those who follow must not wait for it. */
  breakOff(error: Error): void {
    this.#shared?.fail(error);
  }

  /** Tells those who joined what became of it. Only the first word counts. */
  tell(outcome: FlightOutcome<Served, Failure>): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (outcome.kind !== "served") this.#unlist();
    this.#settle(outcome);
  }

  /** All of the answer, where it came to its end and was held. */
  whole(): WholeAnswer<Head> | null {
    return this.#shared?.whole() ?? null;
  }

  /** It is over for the leader: nobody joins any more. Those who follow get the rest. */
  close(): void {
    this.tell({ kind: "given-up" });
    this.#unlist();
    // A whole answer may be over in the turn of the event loop in which it is told: who was told is still to listen.
    setImmediate(() => this.#shared?.release());
  }

  #unlist(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}

/** The flights that can be joined, by key. */
export class Flights<Head, Served, Failure> {
  readonly #open = new Map<string, Flight<Head, Served, Failure>>();

  get size(): number {
    return this.#open.size;
  }

  find(key: string): Flight<Head, Served, Failure> | null {
    return this.#open.get(key) ?? null;
  }

  /** A new flight that others find by `key`, until it is closed. */
  open(key: string, options: FlightOptions): Flight<Head, Served, Failure> {
    const flight = new Flight<Head, Served, Failure>(options, () => {
      if (this.#open.get(key) === flight) this.#open.delete(key);
    });
    this.#open.set(key, flight);
    return flight;
  }
}
