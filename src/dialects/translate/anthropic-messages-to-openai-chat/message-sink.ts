/** Blocks as the `content` of one Anthropic message. */
import { isJsonObject, parseJson } from "../../../core/json.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { BlockSink } from "./block-sink.ts";

export interface MessageSink extends BlockSink {
  /** The blocks, and whether a tool call's arguments were no JSON object: then its block is left out. */
  content(): { readonly blocks: JsonObject[]; readonly hasBrokenCall: boolean };
}

/** A sink that gathers blocks. */
export function createMessageSink(): MessageSink {
  const blocks: JsonObject[] = [];
  let current: JsonObject = {};
  let text = "";
  let hasBrokenCall = false;

  function start(block: JsonObject): void {
    current = block;
    text = "";
  }

  return {
    startProse: (kind) => start(kind === "text" ? { type: "text" } : { type: "thinking" }),
    startTool: (_, id, name) => start({ type: "tool_use", id, name }),
    startRedacted: (_, data) => start({ type: "redacted_thinking", data }),
    delta(_kind, _index, piece) {
      text += piece;
    },
    sign(_, signature) {
      current["signature"] = signature;
    },
    stop() {
      const type = current["type"];
      if (type === "tool_use") {
        const input = text.trim() === "" ? {} : parseJson(text);
        if (isJsonObject(input)) blocks.push({ ...current, input });
        else hasBrokenCall = true;
      } else if (type === "redacted_thinking") blocks.push(current);
      else blocks.push({ type: type ?? "text", [type === "text" ? "text" : "thinking"]: text, ...current });
    },
    content: () => ({ blocks, hasBrokenCall }),
  };
}
