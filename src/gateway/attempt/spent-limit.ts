/**
 * A model has spent its output limit on reasoning before its first word. Where Anthropic's API answers with nothing and
 * `max_tokens`, OpenAI's Chat Completions refuses with 400. Claude Code's `/model` asks each model for one token, and takes
 * none that refuses it (https://github.com/BerriAI/litellm/issues/35061).
 */
import { parseJson, toJsonObject } from "../../core/json/json.ts";
import type { UpstreamAnswer } from "../../providers/upstream/upstream.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { replayAtOnce } from "../answer/replay-at-once.ts";

const refusal = /Could not finish the message because max_tokens or model output limit was reached/;

/** The refusal as a completion without a word; null where it is another one, or the client speaks the dialect itself. */
export function tellSpentLimit(
  { pair, dialect, body }: PreparedRequest,
  message: string,
  { headers }: UpstreamAnswer["head"],
): UpstreamAnswer | null {
  if (pair === null || dialect !== "openai-chat" || !refusal.test(message)) return null;
  const { max_completion_tokens, max_tokens } = toJsonObject(parseJson(Buffer.from(body).toString()));
  const completion = {
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "" }, finish_reason: "length" }],
    usage: { completion_tokens: max_completion_tokens ?? max_tokens },
  };
  const head = { status: 200, headers: { ...headers, "content-type": "application/json" } };
  return replayAtOnce(head, Buffer.from(JSON.stringify(completion)));
}
