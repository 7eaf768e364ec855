/**
 * Reads one streamed answer from a bare socket: finds its head, undoes the chunked coding, counts complete events.
 *
 * node:http would do the same for three times the processor time, which the load does not have: it shares a core.
 */

type Phase = "head" | "size" | "data" | "data-end" | "trailer" | "ended";

const newline = 10;

export class ChunkedStreamReader {
  /** Whole events so far. */
  events = 0;
  /** Of the answer's head; 0 before it has come. */
  status = 0;
  #phase: Phase = "head";
  #line = "";
  #chunkLeft = 0;
  #endsWithNewline = false;

  get hasEnded(): boolean {
    return this.#phase === "ended";
  }

  push(data: Buffer): void {
    let at = 0;
    while (at < data.length && this.#phase !== "ended") {
      if (this.#phase === "head") at = this.#readHead(data, at);
      else if (this.#phase === "data") at = this.#readData(data, at);
      else at = this.#readLine(data, at);
    }
  }

  #readHead(data: Buffer, at: number): number {
    this.#line += data.toString("latin1", at);
    const end = this.#line.indexOf("\r\n\r\n");
    if (end < 0) return data.length;
    this.status = Number(this.#line.slice(9, 12));
    if (!/\r\ntransfer-encoding: *chunked/i.test(this.#line.slice(0, end))) {
      // Not a stream (an error, most likely): the caller sees the status and gives this connection up.
      this.#phase = "ended";
      return data.length;
    }
    const used = data.length - (this.#line.length - end - 4);
    this.#line = "";
    this.#phase = "size";
    return used;
  }

  #readLine(data: Buffer, at: number): number {
    const end = data.indexOf(newline, at);
    if (end < 0) {
      this.#line += data.toString("latin1", at);
      return data.length;
    }
    const line = this.#line + data.toString("latin1", at, end);
    this.#line = "";
    if (this.#phase === "data-end") this.#phase = "size";
    else if (this.#phase === "trailer") this.#phase = line.trim() === "" ? "ended" : "trailer";
    else {
      this.#chunkLeft = Number.parseInt(line, 16);
      this.#phase = this.#chunkLeft === 0 ? "trailer" : "data";
    }
    return end + 1;
  }

  /** Counts blank lines: each closes an event. */
  #readData(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#chunkLeft);
    this.#chunkLeft -= end - at;
    let from = at;
    if (this.#endsWithNewline && data[at] === newline) {
      this.events++;
      from = at + 1;
    }
    for (;;) {
      const found = data.indexOf("\n\n", from, "latin1");
      if (found < 0 || found + 2 > end) break;
      this.events++;
      from = found + 2;
    }
    this.#endsWithNewline = from < end && data[end - 1] === newline;
    if (this.#chunkLeft === 0) this.#phase = "data-end";
    return end;
  }
}
