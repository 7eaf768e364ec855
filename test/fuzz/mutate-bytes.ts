/** Damages bytes: flips, cuts, doubles, inserts. */
import { pickInteger, pickOne } from "../../src/simulation/random.ts";
import type { Random } from "../../src/simulation/random.ts";

const inserts: readonly [Buffer, ...Buffer[]] = [
  Buffer.from([0]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from("\r\n"),
  Buffer.from("\n\n"),
  Buffer.from("\r\n\r\n"),
  Buffer.from('"'),
  Buffer.from("\\"),
  Buffer.from("{"),
  Buffer.from("]"),
  Buffer.from("data: "),
  Buffer.from("\ufeff"),
];

/** A changed copy of `bytes`. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let times = pickInteger(random, 1, 4); times > 0; times--) result = mutateOnce(result, random);
  return result;
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const at = pickInteger(random, 0, Math.max(0, bytes.length - 1));
  const change = pickOne(random, ["flip", "cut", "drop", "double", "insert", "insert"]);
  if (change === "flip") {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << pickInteger(random, 0, 7));
    return bytes;
  }
  if (change === "cut") return bytes.subarray(0, at);
  const end = Math.min(bytes.length, at + pickInteger(random, 1, 40));
  if (change === "drop") return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
  const added = change === "double" ? bytes.subarray(at, end) : pickOne(random, inserts);
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}
