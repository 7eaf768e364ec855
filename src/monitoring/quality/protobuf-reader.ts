/**
 * The wire format of Protocol Buffers, as far as telemetry needs it: fields by number, one level at a time.
 * https://protobuf.dev/programming-guides/encoding/
 */

/** A field as it stands on the wire: a number (varint, 64 or 32 bits as doubles or integers) or bytes. */
export interface WireField {
  readonly number: number;
  /** null for fields that are numbers. */
  readonly bytes: Uint8Array | null;
  /** Varints as numbers (exact up to 2^53); fixed 64 bits read as a double; 0 for bytes. */
  readonly value: number;
}

/**
 * The fields of one message, one after the other: a list of all would take many times the memory of their bytes. Throws
 * RangeError where the bytes are no message.
 */
export function* readMessage(bytes: Uint8Array): Generator<WireField, void> {
  let offset = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined) throw new RangeError("the message ends within a number");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number of the message is too long");
  };
  const advance = (length: number): number => {
    const start = offset;
    offset += length;
    if (offset > bytes.length) throw new RangeError("the message ends within a field");
    return start;
  };
  while (offset < bytes.length) {
    const key = readVarint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, bytes: null, value: readVarint() };
        break;
      case 1:
        yield { number, bytes: null, value: viewOf(bytes).getFloat64(advance(8), true) };
        break;
      case 2: {
        const length = readVarint();
        const start = advance(length);
        yield { number, bytes: bytes.subarray(start, start + length), value: 0 };
        break;
      }
      case 5:
        yield { number, bytes: null, value: viewOf(bytes).getFloat32(advance(4), true) };
        break;
      default:
        throw new RangeError(`no such wire type: ${key % 8}`);
    }
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
