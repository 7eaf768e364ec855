/**
 * A target has refused the encrypted reasoning of earlier turns (another organisation's key, a model that is gone), or to
 * encrypt any: the request once more, without it. Else the session could never go on, since the client sends it with every
 * call.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import type { FailedAttempt } from "./attempt-outcome.ts";

/**
 * As servers say it, under 400, 404 or 422 or as a stream's first event: https://github.com/openai/codex/issues/8145,
 * https://github.com/coder/mux/pull/59, https://github.com/can1357/oh-my-pi/issues/41.
 */
const refusals = /encrypted.content|type 'reasoning'|Item with id 'rs_/i;

const note = "input: reasoning that the target refused left out";

/** null where the failure is another one, or there is no reasoning to leave out. */
export function withoutRefusedReasoning(prepared: PreparedRequest, { error }: FailedAttempt): PreparedRequest | null {
  if (prepared.responses === null || !refusals.test(error.message)) return null;
  const body = parseJson(Buffer.from(prepared.body).toString());
  if (!isJsonObject(body)) return null;
  const { include, ...rest } = body;
  const input = toJsonArray(body["input"]);
  const kept = input.filter((item) => toJsonObject(item)["type"] !== "reasoning");
  const isKept = kept.length === input.length;
  if (isKept && include === undefined) return null;
  // Encrypted content is asked for again where only that of before was refused.
  const mended = isKept ? rest : { ...body, input: kept };
  return { ...prepared, body: Buffer.from(JSON.stringify(mended)), notes: [...prepared.notes, note] };
}
