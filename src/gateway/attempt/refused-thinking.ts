/**
 * A target has refused the thinking of earlier turns: the request once more, without it.
 *
 * Whose thinking it is may be unknown, after a restart or where another instance served the session. What is left out is
 * remembered, so that the session's next call goes without it at once.
 */
import type { JsonObject } from "../../core/json/json.ts";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import { leaveOutThinking, stopThinkingInLoop } from "../../dialects/anthropic-messages/leave-out-thinking.ts";
import { markOf, signatureOf } from "../../dialects/anthropic-messages/thinking-marks.ts";
import type { ThinkingSigners } from "../../providers/thinking-signers.ts";
import { signerOf } from "../../providers/thinking-signers.ts";
import { loopNote } from "../prepare/pass-body.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import type { FailedAttempt } from "./attempt-outcome.ts";

/**
 * As Anthropic says it: https://github.com/anthropics/claude-code/issues/10627 (`signature`), 63265 (cannot be modified),
 * https://github.com/karthink/gptel/issues/743 (must start with a thinking block).
 */
const refusals = /signature|cannot be modified|must start with a thinking block/i;

const note = "messages: thinking that the target refused left out";

/** null where the failure is another one, or nothing is left to leave out. */
export function withoutRefusedThinking(
  prepared: PreparedRequest,
  failure: FailedAttempt,
  signers: ThinkingSigners,
): PreparedRequest | null {
  if (!isAboutThinking(prepared, failure) || prepared.notes.includes(note)) return null;
  const body = parseJson(Buffer.from(prepared.body).toString());
  if (!isJsonObject(body)) return null;
  const signer = signerOf(prepared.provider);
  const { traits } = prepared;
  const others = leaveOutThinking(body, (signature) => !signers.isOwn(signer, markOf(signature)), traits);
  const kept = others === body ? leaveOutThinking(body, () => true, traits) : others;
  signers.refuse(signer, marksBetween(body, kept));
  const mended = stopThinkingInLoop(kept);
  if (mended === body) return null;
  const notes = [...prepared.notes, note, ...(mended === kept ? [] : [loopNote])];
  return { ...prepared, body: Buffer.from(JSON.stringify(mended)), notes };
}

function isAboutThinking({ dialect }: PreparedRequest, { code, providerStatus, error }: FailedAttempt): boolean {
  if (dialect !== "anthropic-messages" || code !== "provider_rejected_request" || providerStatus !== 400) return false;
  return /thinking/i.test(error.message) && refusals.test(error.message);
}

/** The marks that stand in `before` and not in `after`. */
function marksBetween(before: JsonObject, after: JsonObject): string[] {
  const left = new Set(signaturesIn(after));
  return signaturesIn(before)
    .filter((signature) => !left.has(signature))
    .map(markOf);
}

function signaturesIn(body: JsonObject): string[] {
  const blocks = toJsonArray(body["messages"]).flatMap((message) => toJsonArray(toJsonObject(message)["content"]));
  return blocks.map(signatureOf).filter((signature) => signature !== null);
}
