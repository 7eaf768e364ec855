/** A provider's answer that is held until its end, to be told in another form. */
import { GatewayError } from "../../core/errors/errors.ts";

/**
 * A translated answer larger than this is refused: whole ones are held in memory, streamed ones in part (a tool's input
 * that waits for the one before to end).
 */
export const collectedLimitBytes: number = 64 * 1024 * 1024;

/** The error of an answer beyond `collectedLimitBytes`. */
export function tooLarge(): GatewayError {
  return new GatewayError("provider_bad_answer", `the provider's answer is larger than ${collectedLimitBytes} bytes`);
}

/** Holds the pieces of one answer. */
export class WholeBody {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  /** Throws GatewayError `provider_bad_answer` where the answer is too large. */
  add(piece: Uint8Array): void {
    this.#size += piece.byteLength;
    if (this.#size > collectedLimitBytes) throw tooLarge();
    this.#pieces.push(piece);
  }

  /** All that has come. */
  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
