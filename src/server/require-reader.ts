/** An end for clients that do not read their answers. */
import type { Socket } from "node:net";

/** Silence of a client to which the end of its answer is still owed. */
const unreadLimitMs = 60_000;

/** A client that takes nothing of what is left for it in `socket` may not keep it in memory for ever: it is cut. */
export function requireReader(socket: Socket): void {
  if (socket.writableLength === 0) return;
  const drop = (): void => void socket.destroy();
  socket.setTimeout(unreadLimitMs, drop);
  // Nothing, behind all that waits: called when the client has taken it.
  socket.write("", () => {
    socket.setTimeout(0);
    socket.off("timeout", drop);
  });
}
