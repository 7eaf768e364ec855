/**
 * One provider's answer, told to several: each gets what there is so far and then follows, at its own pace.
 *
 * All of it is held while it comes, for those who join later and for the cache, up to a bound. Beyond that it is told to
 * those who listen and not held any more: nobody can join then, and the slowest of them governs how fast the provider is
 * read. Below the bound the fastest does: one client that stalls must not stall the others.
 */
import type { PaceMark } from "./answer-store.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { PaceRecorder } from "./pace-recorder.ts";

export interface AnswerReceiver {
  onData(piece: Uint8Array): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** An answer whose head has come, as the upstream client hands it out. */
export interface AnswerSource<Head> {
  readonly head: Head;
  receive(receiver: AnswerReceiver): void;
  pause(): void;
  resume(): void;
}

/** One listener's view of the answer: a source for its relay, which it may leave. */
export interface AnswerListener<Head> extends AnswerSource<Head> {
  leave(): void;
}

/** An answer that has come to its end. */
export interface WholeAnswer<Head> {
  readonly head: Head;
  readonly body: Buffer;
  readonly pace: readonly PaceMark[];
}

export interface SharedAnswerOptions {
  /** The most that is held of one answer. */
  readonly maxBytes: number;
  readonly held: HeldBytes;
  readonly monotonicMs: () => number;
  /** The answer has grown beyond what is held: nobody can join any more. */
  readonly onSealed: () => void;
}

type End = { readonly kind: "ended" } | { readonly kind: "failed"; readonly error: Error };

const firstBufferBytes = 4_096;
export class SharedAnswer<Head> {
  readonly head: Head;
  readonly #source: AnswerSource<Head>;
  readonly #options: SharedAnswerOptions;
  readonly #listeners: Listener<Head>[] = [];
  #bytes: Buffer = Buffer.allocUnsafeSlow(0);
  #length = 0;
  #heldBytes = 0;
  #isSealed = false;
  #isStarted = false;
  #isPaused = false;
  #end: End | null = null;
  readonly #pace = new PaceRecorder();

  constructor(source: AnswerSource<Head>, options: SharedAnswerOptions) {
    this.head = source.head;
    this.#source = source;
    this.#options = options;
  }

  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** A view for one more. Throws Error where nobody can join any more. */
  listen(): AnswerListener<Head> {
    if (this.#isSealed) throw new Error("this answer can no longer be joined");
    const listener = new Listener(this);
    this.#listeners.push(listener);
    return listener;
  }

  /** All of the answer and when it came, once it has come to its end and where it was held; else null. */
  whole(): WholeAnswer<Head> | null {
    if (this.#isSealed || this.#end?.kind !== "ended") return null;
    const body = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(body, 0, 0, this.#length);
    return { head: this.head, body, pace: this.#pace.marks() };
  }

  /** Lets go of what is held. Those who still listen get it to its end. */
  release(): void {
    this.#seal();
  }

  /** Ends it for all who listen, as where the provider is not read any more. */
  fail(error: Error): void {
    this.#finish({ kind: "failed", error });
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#source.receive({
      onData: (piece) => this.#take(piece),
      onEnd: () => this.#finish({ kind: "ended" }),
      onError: (error) => this.#finish({ kind: "failed", error }),
    });
  }

  /** What `listener` has not got yet, the end included, as far as it takes it. */
  catchUp(listener: Listener<Head>): void {
    if (!this.#isSealed && listener.offset < this.#length) {
      const from = listener.offset;
      listener.offset = this.#length;
      listener.tell(this.#bytes.subarray(from, this.#length));
    }
    if (listener.canTake && this.#end !== null) listener.tellEnd(this.#end);
  }

  remove(listener: Listener<Head>): void {
    const place = this.#listeners.indexOf(listener);
    if (place >= 0) this.#listeners.splice(place, 1);
    this.balance();
  }

  /** Reads the provider on or waits, by what the listeners can take. */
  balance(): void {
    if (!this.#isStarted || this.#end !== null) return;
    const paused = this.#listeners.filter((listener) => !listener.canTake).length;
    const shouldPause = paused > 0 && (this.#isSealed || paused === this.#listeners.length);
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#source.pause();
    else this.#source.resume();
  }

  #take(piece: Uint8Array): void {
    if (this.#end !== null) return;
    const before = this.#length;
    if (!this.#isSealed) this.#hold(piece);
    for (const listener of this.#listeners.slice()) {
      if (this.#isSealed) listener.queue(piece);
      else if (listener.canTake && listener.offset === before) {
        listener.offset = this.#length;
        listener.tell(piece);
      }
    }
  }

  #hold(piece: Uint8Array): void {
    const { maxBytes, held, monotonicMs } = this.#options;
    const length = this.#length + piece.byteLength;
    if (length > this.#bytes.length) {
      const size = Math.max(length, this.#bytes.length * 2, firstBufferBytes);
      if (length > maxBytes || !held.take(size - this.#heldBytes)) {
        this.#seal();
        return;
      }
      this.#heldBytes = size;
      const grown = Buffer.allocUnsafeSlow(size);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
    this.#pace.mark(this.#length, monotonicMs());
  }

  /** From here on nothing is held: what a listener has not got yet is its own to keep. */
  #seal(): void {
    if (this.#isSealed) return;
    for (const listener of this.#listeners) {
      if (listener.offset < this.#length) listener.queueFirst(this.#bytes.subarray(listener.offset, this.#length));
    }
    this.#isSealed = true;
    this.#bytes = Buffer.allocUnsafeSlow(0);
    this.#options.held.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
    this.#options.onSealed();
    this.balance();
  }

  #finish(end: End): void {
    if (this.#end !== null) return;
    this.#end = end;
    for (const listener of this.#listeners.slice()) if (listener.canTake) this.catchUp(listener);
  }
}

class Listener<Head> implements AnswerListener<Head> {
  readonly head: Head;
  readonly #answer: SharedAnswer<Head>;
  /** Bytes of the answer that it has got. */
  offset = 0;
  #receiver: AnswerReceiver | null = null;
  #isPaused = false;
  #hasEnded = false;
  /** Pieces of an answer that is not held any more. */
  #queue: Uint8Array[] = [];

  constructor(answer: SharedAnswer<Head>) {
    this.#answer = answer;
    this.head = answer.head;
  }

  /** Whether the next piece can go to it at once. */
  get canTake(): boolean {
    return this.#receiver !== null && !this.#isPaused && this.#queue.length === 0;
  }

  receive(receiver: AnswerReceiver): void {
    this.#receiver = receiver;
    this.#flush();
    this.#answer.start();
  }

  pause(): void {
    this.#isPaused = true;
    this.#answer.balance();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#flush();
    this.#answer.balance();
  }

  leave(): void {
    this.#hasEnded = true;
    this.#receiver = null;
    this.#queue = [];
    this.#answer.remove(this);
  }

  tell(piece: Uint8Array): void {
    this.#receiver?.onData(piece);
  }

  tellEnd(end: End): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (end.kind === "ended") this.#receiver?.onEnd();
    else this.#receiver?.onError(end.error);
  }

  queue(piece: Uint8Array): void {
    if (this.canTake) this.tell(piece);
    else this.#queue.push(piece);
  }

  queueFirst(piece: Uint8Array): void {
    this.#queue.unshift(piece);
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#receiver !== null && !this.#isPaused) this.tell(this.#queue.shift()!);
    if (this.canTake) this.#answer.catchUp(this);
  }
}
