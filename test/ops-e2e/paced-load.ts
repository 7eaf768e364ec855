/** Calls at an even pace, whatever becomes of them: people do not ask less because a router is slow. */
import { Agent, request } from "node:http";

export interface PacedLoadOptions {
  readonly perSecond: number;
  /** What the n-th call asks. */
  readonly body: (call: number) => object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** More than this many calls are never open at once. */
const maxOpen = 400;
const callPatienceMs = 60_000;

export class PacedLoad {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #timer: NodeJS.Timeout;
  readonly #started = performance.now();
  #options: PacedLoadOptions;
  #due = 0;
  #lastMs = this.#started;
  #open = 0;
  #calls = 0;
  readonly #statuses = new Map<number, number>();

  constructor(url: string, options: PacedLoadOptions) {
    this.#url = url;
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), 20);
  }

  /** Goes on in another way. */
  change(options: Partial<PacedLoadOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Answers by status; 0: none came. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#statuses].map(([status, count]) => [String(status), count]));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #tick(): void {
    const now = performance.now();
    this.#due += ((now - this.#lastMs) / 1000) * this.#options.perSecond;
    this.#lastMs = now;
    for (; this.#due >= 1; this.#due--) if (this.#open < maxOpen) this.#send();
  }

  #send(): void {
    const text = JSON.stringify(this.#options.body(this.#calls++));
    const headers = { "content-length": Buffer.byteLength(text), ...this.#options.headers };
    this.#open++;
    let isOver = false;
    const end = (status: number): void => {
      if (isOver) return;
      isOver = true;
      this.#open--;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    };
    const outgoing = request(`${this.#url}/v1/messages`, { method: "POST", agent: this.#agent, headers });
    outgoing.setTimeout(callPatienceMs, () => outgoing.destroy());
    outgoing.on("error", () => end(0));
    outgoing.on("response", (answer) => {
      answer.on("error", () => undefined);
      answer.resume().on("close", () => end(answer.complete ? (answer.statusCode ?? 0) : 0));
    });
    outgoing.end(text);
  }
}
