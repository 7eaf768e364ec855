/**
 * Many timers on one: thousands of streams wait for their next token in the slots of a wheel, and the process has a
 * single timer, armed for the next slot that holds something.
 */

/** Where the wheel gets its time from; tests hand in their own. */
export interface WheelTime {
  nowMs(): number;
  /** Calls `run` after `delayMs`; answers how to call it off. */
  arm(delayMs: number, run: () => void): () => void;
}

/** The process's own time. */
export const processTime: WheelTime = {
  nowMs: () => performance.now(),
  arm: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

const slotMs = 2;
const slotCount = 2048;

interface Waiting {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A round takes about four seconds; what waits longer stays for more rounds. */
export class TimerWheel {
  readonly #time: WheelTime;
  readonly #slots: Waiting[][] = Array.from({ length: slotCount }, () => []);
  #waiting = 0;
  /** The first slot that has not been looked at, counted from the time's start. */
  #next: number;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => undefined;

  constructor(time: WheelTime) {
    this.#time = time;
    this.#next = Math.floor(time.nowMs() / slotMs);
  }

  /** Calls `run` once, `delayMs` or a little more from now. */
  schedule(delayMs: number, run: () => void): void {
    const now = this.#time.nowMs();
    const dueMs = now + Math.max(0, delayMs);
    if (this.#waiting === 0) this.#next = Math.floor(now / slotMs);
    const slot = Math.max(this.#next, Math.ceil(dueMs / slotMs));
    this.#slots[slot % slotCount]?.push({ dueMs, run });
    this.#waiting++;
    if (slot < this.#armedFor) this.#arm(slot, now);
  }

  /** Drops everything that waits. */
  close(): void {
    this.#disarm();
    for (const slot of this.#slots) slot.length = 0;
    this.#waiting = 0;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(slot: number, now: number): void {
    this.#disarm();
    this.#armedFor = slot;
    this.#disarm = this.#time.arm(Math.max(1, Math.ceil(slot * slotMs - now)), () => this.#turn());
  }

  #turn(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#time.nowMs();
    const current = Math.floor(now / slotMs);
    const due: Waiting[] = [];
    // After a long pause one round sees every slot.
    for (let slot = Math.max(this.#next, current - slotCount + 1); slot <= current; slot++) this.#take(slot, now, due);
    this.#next = current + 1;
    this.#waiting -= due.length;
    for (const waiting of due) waiting.run();
    if (this.#waiting > 0) this.#armForNext(this.#time.nowMs());
  }

  #take(slot: number, now: number, due: Waiting[]): void {
    const waiting = this.#slots[slot % slotCount];
    if (waiting === undefined || waiting.length === 0) return;
    for (const one of waiting) if (one.dueMs <= now) due.push(one);
    this.#slots[slot % slotCount] = waiting.filter((one) => one.dueMs > now);
  }

  #armForNext(now: number): void {
    for (let slot = this.#next; slot < this.#next + slotCount; slot++) {
      if ((this.#slots[slot % slotCount]?.length ?? 0) === 0) continue;
      if (slot < this.#armedFor) this.#arm(slot, now);
      return;
    }
  }
}
