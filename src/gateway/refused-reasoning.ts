/**
 * A target has refused the encrypted reasoning of earlier turns (another organisation's key, a model that is gone): the
 * request once more, without it. Else the session could never go on, since the client sends it with every call.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../core/json.ts";
import type { PreparedRequest } from "./prepare-request.ts";
import type { FailedAttempt } from "./try-targets.ts";

/** As OpenAI says it: https://github.com/openai/codex/issues/8145, https://github.com/coder/mux/pull/59. */
const refusals = /encrypted.content|type 'reasoning'/i;

const note = "input: reasoning that the target refused left out";

/** null where the failure is another one, or there is no reasoning to leave out. */
export function withoutRefusedReasoning(prepared: PreparedRequest, failure: FailedAttempt): PreparedRequest | null {
  const { code, providerStatus, error } = failure;
  const isRefused = code === "provider_rejected_request" && providerStatus === 400 && refusals.test(error.message);
  if (prepared.responses === null || !isRefused) return null;
  const body = parseJson(Buffer.from(prepared.body).toString());
  if (!isJsonObject(body)) return null;
  const input = toJsonArray(body["input"]);
  const kept = input.filter((item) => toJsonObject(item)["type"] !== "reasoning");
  if (kept.length === input.length) return null;
  const mended = Buffer.from(JSON.stringify({ ...body, input: kept }));
  return { ...prepared, body: mended, notes: [...prepared.notes, note] };
}
