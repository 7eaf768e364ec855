/** Why the model stopped, in OpenAI's words. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
import { ownValue } from "../../../core/json/own-value.ts";

export const finishReasons: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  compaction: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "content_filter",
};

/** `finish_reason` for a `stop_reason`; an unknown one is a stop. Clients run tools on `tool_calls` alone, and some servers say `end_turn`. */
export function toFinishReason(stopReason: string, hasToolCalls: boolean): string {
  const reason = ownValue(finishReasons, stopReason) ?? "stop";
  return reason === "stop" && hasToolCalls ? "tool_calls" : reason;
}
