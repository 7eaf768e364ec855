/**
 * Where a canonical document is written, from the bytes of its source: neighbours are copied as one run, and only when
 * something else has to come behind them. One piece of memory serves one document after the other.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** Shorter runs are copied byte by byte: a call of native code costs as much as so many. */
const shortRun = 24;

const usualBytes = 65_536;
const nothing: Buffer = Buffer.alloc(0);
/**
 * How often the bytes of a document may be moved on average. Members out of order within members out of order are moved at
 * each level: real requests have some four. One of 30 MB that has hundreds, or thousands of long keys that differ in their last
 * letter, would hold up all other calls for seconds.
 */
const mostMoves = 32;
/** For small documents, where it takes a millisecond at most. */
const alwaysMovedBytes = 1024 * 1024;
/** To compare a byte takes as long as to move so many. */
const comparedAsMoved = 8;

/** More is not kept for the next document. */
const mostKeptBytes = 1024 * 1024;

export class CanonicalOutput {
  #memory = nothing;
  /** Bytes in `#memory`; the run comes behind them. */
  #length = 0;
  #source = nothing;
  #runStart = 0;
  #runEnd = 0;
  #workLeft = 0;

  /** Begins a document of this source behind `prefix`. */
  begin(source: Buffer, prefix: string): void {
    this.#length = 0;
    this.setSource(source);
    this.#workLeft = mostMoves * source.length + alwaysMovedBytes;
    this.#makeRoom(source.length + usualBytes);
    this.writeText(prefix);
  }

  /** What was written, until the next document begins. Nothing large is kept here: a body, or as much memory as it takes. */
  end(): Buffer {
    this.setSource(nothing);
    const written = this.#memory.subarray(0, this.#length);
    if (this.#memory.length > mostKeptBytes) this.#memory = nothing;
    return written;
  }

  /** From now on `copy` means these bytes. */
  setSource(source: Buffer): void {
    this.#endRun();
    this.#source = source;
    this.#runStart = 0;
    this.#runEnd = 0;
  }

  /** How much was written: where the next byte comes. */
  get position(): number {
    return this.#length + this.#runEnd - this.#runStart;
  }

  /** Writes bytes of the source. */
  copy(start: number, end: number): void {
    if (start !== this.#runEnd) {
      this.#endRun();
      this.#runStart = start;
    }
    this.#runEnd = end;
  }

  writeText(text: string): void {
    this.#endRun();
    this.#makeRoom(text.length * 3);
    this.#length += this.#memory.write(text, this.#length);
  }

  /** What was written from `position` on, a character for each byte. */
  textFrom(position: number): string {
    this.#endRun();
    return this.#memory.toString("latin1", position, this.#length);
  }

  /** Takes back what was written from `position` on. */
  goBack(position: number): void {
    this.#endRun();
    this.#length = position;
  }

  /** Compares two JSON strings by their bytes: below 0 where the one at `a` comes first, 0 where they are equal. */
  compareStrings(a: number, b: number): number {
    let at = 1;
    let difference = 0;
    for (let isEscaped = false; this.#workLeft > 0; at++) {
      const one = this.#byteAt(a + at);
      difference = one - this.#byteAt(b + at);
      if (difference !== 0 || (one === quote && !isEscaped)) break;
      isEscaped = one === backslash && !isEscaped;
    }
    this.#workLeft -= at * comparedAsMoved;
    return difference;
  }

  /**
   * Brings the members of an object, the last things that were written, into the order of their keys. `starts`: their
   * positions; a comma ends each but the last. Members of one key keep their order: which of them counts is the reader's matter.
   * False where that takes too long.
   */
  sortMembers(starts: readonly number[]): boolean {
    this.#endRun();
    const [first, end] = [starts[0]!, this.#length];
    const order = starts.map((_, place) => place);
    order.sort((a, b) => this.compareStrings(starts[a]!, starts[b]!) || a - b);
    this.#workLeft -= end - first;
    if (this.#workLeft < 0) return false;
    this.#makeRoom(end - first);
    let to = end;
    for (const place of order) {
      const memberEnd = place + 1 < starts.length ? starts[place + 1]! - 1 : end;
      this.#memory.copyWithin(to, starts[place]!, memberEnd);
      to += memberEnd - starts[place]!;
      if (to < end + end - first) this.#memory[to++] = comma;
    }
    this.#memory.copyWithin(first, end, to);
    return true;
  }

  #byteAt(position: number): number {
    if (position < this.#length) return this.#memory[position]!;
    return this.#source[this.#runStart + position - this.#length]!;
  }

  #endRun(): void {
    const bytes = this.#runEnd - this.#runStart;
    if (bytes === 0) return;
    this.#makeRoom(bytes);
    if (bytes > shortRun) this.#source.copy(this.#memory, this.#length, this.#runStart, this.#runEnd);
    else
      for (let index = 0; index < bytes; index++)
        this.#memory[this.#length + index] = this.#source[this.#runStart + index]!;
    this.#length += bytes;
    this.#runStart = this.#runEnd;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#memory.length));
    this.#memory.copy(larger, 0, 0, this.#length);
    this.#memory = larger;
  }
}
