/**
 * Lets an accepted socket read into memory of ours. Node has that (`onread`) for sockets that one opens oneself only, though
 * those that it accepts are made of the same parts.
 */
import type { Socket } from "node:net";

/** What Node keeps of `onread` at a socket, by the names of its symbols (lib/net.js, unchanged since Node 12). */
const partNames = ["kBuffer", "kBufferGen", "kBufferCb"] as const;

interface ReadingHandle {
  readonly useUserBuffer?: (buffer: Uint8Array) => void;
}

export interface ReadTarget {
  /** Where the next bytes go, asked for behind each read; nobody else may give that memory back before. */
  nextBuffer(): Uint8Array;
  /** `length` bytes are in what `nextBuffer` gave last. */
  onRead(length: number): void;
}

/**
 * Reads from now on into what `target` gives; no `data` is told of any more. To be called before the first read, that is where a
 * server tells of its connection. False, with nothing changed, where this Node has other parts.
 */
export function readInto(socket: Socket, target: ReadTarget): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle?: ReadingHandle | null };
  const parts = partsOf(socket);
  if (parts === null || typeof handle?.useUserBuffer !== "function") return false;
  const [buffer, generator, callback] = parts;
  const first = target.nextBuffer();
  const inner = socket as unknown as Record<symbol, unknown>;
  inner[buffer] = first;
  inner[generator] = () => target.nextBuffer();
  inner[callback] = (length: number) => {
    try {
      target.onRead(length);
    } catch (error) {
      // Nobody is asked for the next buffer then, and the one before may have been given back.
      socket.destroy();
      throw error;
    }
  };
  handle.useUserBuffer(first);
  return true;
}

type Parts = readonly [buffer: symbol, generator: symbol, callback: symbol];

let knownParts: Parts | null | undefined;

/** They are looked for at the first socket: all have the same. */
function partsOf(socket: Socket): Parts | null {
  if (knownParts !== undefined) return knownParts;
  const symbols = Object.getOwnPropertySymbols(socket);
  const [buffer, generator, callback] = partNames.map((name) =>
    symbols.find(({ description }) => description === name),
  );
  knownParts = buffer && generator && callback ? [buffer, generator, callback] : null;
  return knownParts;
}
