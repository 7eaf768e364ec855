/** Serves a call from the cache: the kept answer in the shape and dialect that the client asked for. */
import type { Delivery } from "../../cache/answer-key.ts";
import type { KeptAnswer } from "../../cache/answer-store.ts";
import { nameEvents } from "../../dialects/anthropic-messages/name-events.ts";
import { foldStream, streamOfWhole } from "../../dialects/reshape.ts";
import type { UpstreamHeaders } from "../../providers/upstream/upstream.ts";
import type { AnswerCaching } from "../answer-caching.ts";
import { contentTypeOf, requestIdHeader } from "../answer-headers.ts";
import { AnswerPump } from "../answer/answer-pump.ts";
import { relayFor } from "../answer/choose-relay.ts";
import type { Gateway } from "../gateway.ts";
import type { OpenCall, ReadCall } from "../open-call.ts";
import { setAbandon } from "../open-call.ts";
import { replayAtPace } from "../answer/paced-replay.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { replayAtOnce } from "../answer/replay-at-once.ts";
import { passKept } from "../answer/reshape-relay.ts";
import type { ServedAnswer } from "../attempt/attempt-outcome.ts";

/** The last chunks of a stream are within so many bytes. */
const usageChunkBytes = 8_192;

/** null where what is kept cannot be told as this client wants it. Throws GatewayError `caller_gone`. */
export async function serveKept(
  { clock }: Pick<Gateway, "clock">,
  { isPaced }: AnswerCaching,
  call: ReadCall,
  prepared: PreparedRequest,
  delivery: Delivery,
  kept: KeptAnswer,
): Promise<ServedAnswer | null> {
  const body = bodyFor(kept, delivery, prepared.pair !== null);
  if (body === null) return null;
  const { isStreaming } = delivery;
  const head = { status: 200, headers: headersOf(call, kept, isStreaming) };
  const canPace = isPaced && isStreaming && body === kept.body && kept.pace.length > 1;
  call.answerCreatedAtMs = kept.keptAtMs;
  const replay = canPace ? replayAtPace(head, kept) : null;
  const answer = replay ?? replayAtOnce(head, body);
  const relay = prepared.pair === null ? passKept(kept.facts, isStreaming) : relayFor(call, prepared, isStreaming);
  const pump = new AnswerPump(
    answer,
    relay,
    (bytes) => bytes,
    clock,
    () => replay?.stop(),
  );
  call.pump = pump;
  if (replay !== null) {
    setAbandon(call, () => pump.abandon());
    call.exchange.onGone(() => {
      replay.stop();
      pump.abandon();
    });
  }
  try {
    await pump.ready;
  } catch (error) {
    if (call.exchange.isGone || call.cutBy !== null) throw error;
    call.pump = null;
    return null;
  }
  call.cacheStatus = "hit";
  call.kept = kept;
  return { prepared, answer, pump };
}

/** The provider's bytes in the shape that is asked for. */
function bodyFor(kept: KeptAnswer, { isStreaming, asksUsage }: Delivery, isTranslated: boolean): Buffer | null {
  const { dialect, isStream, body, facts } = kept;
  const hasUsage = facts.usage !== null && !facts.isUsageEstimated;
  const isUsageOptional = dialect === "openai-chat" && kept.endpoint !== "count-tokens";
  if (isUsageOptional && !hasUsage && (isTranslated || asksUsage || !isStreaming)) return null;
  const isAsWanted = !isStreaming || !isUsageOptional || holdsUsageChunk(body) === asksUsage;
  if (isStream === isStreaming && isAsWanted) {
    return isStream && dialect === "anthropic-messages" && !isTranslated ? nameEvents(body) : body;
  }
  if (!isStream) return bufferOf(streamOfWhole(dialect, body, asksUsage));
  const whole = foldStream(dialect, body).whole;
  if (whole === null) return null;
  const document = Buffer.from(JSON.stringify(whole));
  return isStreaming ? bufferOf(streamOfWhole(dialect, document, asksUsage)) : document;
}

/** Whether a stream of the OpenAI dialect ends with a chunk for its counts alone: some have them in another chunk. */
function holdsUsageChunk(body: Buffer): boolean {
  return /"choices":\s*\[\]/.test(body.toString("latin1", Math.max(0, body.length - usageChunkBytes)));
}

function bufferOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text);
}

/** None of the provider's own: they tell of another call. */
function headersOf(call: OpenCall, { endpoint, facts }: KeptAnswer, isStreaming: boolean): UpstreamHeaders {
  const isOwnCount = endpoint === "count-tokens" && facts.isUsageEstimated;
  return {
    ...(isOwnCount ? { "x-ccr-estimated": "true" } : {}),
    "content-type": contentTypeOf(isStreaming),
    [requestIdHeader[call.dialect]]: call.id,
  };
}
