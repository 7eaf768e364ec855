/**
 * Unfolds a whole `chat.completion` into the chunks that the same call would have answered with streaming: for answers
 * that were kept whole. https://platform.openai.com/docs/api-reference/chat/streaming
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { formatSseData } from "../sse.ts";

/** The events of `completion`, as text. `asksUsage`: whether the client wants the counts (`stream_options`). */
export function unfoldChatCompletion(completion: JsonObject, asksUsage: boolean): string {
  const { choices, usage, object: _object, ...head } = completion;
  const chunk = (parts: JsonObject): string =>
    formatSseData(
      JSON.stringify({
        ...head,
        object: "chat.completion.chunk",
        ...parts,
        ...(asksUsage && !("usage" in parts) ? { usage: null } : {}),
      }),
    );
  const events = toJsonArray(choices)
    .filter(isJsonObject)
    .flatMap((choice, place) => {
      const { message, finish_reason, index, ...rest } = choice;
      const of = (delta: JsonObject, finish: JsonValue): string =>
        chunk({
          choices: [
            { index: index ?? place, delta, ...(finish === null ? { logprobs: null } : rest), finish_reason: finish },
          ],
        });
      return [...deltasOf(toJsonObject(message)).map((delta) => of(delta, null)), of({}, finish_reason ?? "stop")];
    });
  const counts = asksUsage && isJsonObject(usage) ? [chunk({ choices: [], usage })] : [];
  return [...events, ...counts, formatSseData("[DONE]")].join("");
}

/** Who speaks first, then reasoning, text, refusal and calls, each in one piece. */
function deltasOf(message: JsonObject): JsonObject[] {
  const { role, content, refusal, tool_calls, ...rest } = message;
  const deltas: JsonObject[] = [{ role: role ?? "assistant", content: content === null ? null : "" }];
  for (const [field, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined && value !== "") deltas.push({ [field]: value });
  }
  if (content !== null && content !== undefined && content !== "") deltas.push({ content });
  if (refusal !== null && refusal !== undefined) deltas.push({ refusal });
  for (const [index, call] of toJsonArray(tool_calls).entries())
    deltas.push({ tool_calls: [{ index, ...toJsonObject(call) }] });
  return deltas;
}
