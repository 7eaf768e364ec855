/** One exchange of the socket client: its request ready to be written, and who carries it at the moment. */
import { CarriedExchange } from "../upstream-exchange.ts";
import type { LimitSweep } from "../upstream-sweep.ts";
import type { UpstreamTimeouts } from "../upstream.ts";

/** A line of waiting exchanges, or a connection. */
export interface Carrier {
  pause(): void;
  resume(): void;
  /** Whether other exchanges alone keep those that it carries from their connection. */
  isFull(): boolean;
  /** The exchange is over, and the carrier must spend nothing more on it. */
  drop(exchange: SocketExchange): void;
}

export class SocketExchange extends CarriedExchange {
  /** Request line and headers, one byte a character; empty, and `body` null, once they are written. */
  requestHead: string;
  body: Uint8Array | null;
  carrier: Carrier | null = null;
  /** Neighbours in the line of waiting exchanges. */
  before: SocketExchange | null = null;
  behind: SocketExchange | null = null;

  constructor(
    origin: string,
    timeouts: UpstreamTimeouts,
    sweep: LimitSweep,
    requestHead: string,
    body: Uint8Array | null,
  ) {
    super(origin, timeouts, sweep);
    this.requestHead = requestHead;
    this.body = body;
  }

  protected override pauseCarrier(): void {
    this.carrier?.pause();
  }

  protected override resumeCarrier(): void {
    this.carrier?.resume();
  }

  protected override dropCarrier(): void {
    this.carrier?.drop(this);
    this.carrier = null;
  }

  protected override waitsForOthers(): boolean {
    return this.carrier !== null && this.carrier.isFull();
  }
}
