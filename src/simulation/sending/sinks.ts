/** Where a playback writes: the HTTP answer, or the socket under it where HTTP itself is to go wrong. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Ending, Sink } from "./playback.ts";

/** What the server keeps for each answer to tell its own endings from a client's. */
export interface AnswerState {
  /** The provider itself ends the answer, properly or not: no client's abort. */
  isOwnEnd: boolean;
  bytesWritten: number;
}

/** The HTTP answer as a sink. */
export function toResponseSink(response: ServerResponse, state: AnswerState): Sink {
  return {
    write: (data) => {
      state.bytesWritten += data.length;
      return response.write(data);
    },
    onRoom: (run) => void response.once("drain", run),
    finish: (ending) => {
      state.isOwnEnd = true;
      if (ending === "proper") response.end();
      else tear(response.socket, ending);
    },
    isGone: () => response.destroyed || response.closed,
  };
}

/** The bare socket as a sink: what is written must be a whole HTTP answer. */
export function toSocketSink(socket: Socket, state: AnswerState): Sink {
  return {
    write: (data) => {
      state.bytesWritten += data.length;
      return socket.write(data);
    },
    onRoom: (run) => void socket.once("drain", run),
    finish: (ending) => {
      state.isOwnEnd = true;
      tear(socket, ending === "proper" ? "close" : ending);
    },
    isGone: () => socket.destroyed,
  };
}

/** Ends a socket without HTTP's end: after what is written (`close`), or with a reset. */
export function tear(socket: Socket | null, ending: Ending): void {
  if (ending === "reset") socket?.resetAndDestroy();
  else socket?.destroySoon();
}
