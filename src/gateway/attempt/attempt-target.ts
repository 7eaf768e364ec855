/** One attempt: one request to one target, until its answer has begun or has failed. */
import { errorTable } from "../../core/errors/error-table.ts";
import { GatewayError, toGatewayError } from "../../core/errors/errors.ts";
import type { AttemptRecord } from "../../core/record.ts";
import { toMicrosecond } from "../../core/time/durations.ts";
import { outgoingTraceparent } from "../../monitoring/tracing/outgoing-traceparent.ts";
import { isErrorOf } from "../../dialects/errors/is-error-of.ts";
import { inRouterWords } from "../../dialects/errors/own-credentials.ts";
import { classifyFailure, isRetryableHere, mayOtherKeyHelp, toFailureError } from "../../providers/classify-failure.ts";
import type { Failure } from "../../providers/classify-failure.ts";
import type { Credential, Provider } from "../../providers/provider.ts";
import { allHeaders } from "../../providers/upstream/upstream.ts";
import type { UpstreamAnswer, UpstreamRequest } from "../../providers/upstream/upstream.ts";
import { isPage, watchBeginning } from "../answer/answer-beginning.ts";
import type { WatchedAnswer } from "../answer/answer-beginning.ts";
import type { CacheLead } from "../answer-caching.ts";
import { AnswerPump } from "../answer/answer-pump.ts";
import { noObject } from "../answer/answer-relay.ts";
import { chooseRelay, comesAsStream, isEventStream } from "../answer/choose-relay.ts";
import { collectBody } from "../answer/collect-body.ts";
import { createLateError } from "../answer/early-ends.ts";
import type { Gateway } from "../gateway.ts";
import { hideCredentials, hideInError } from "../answer/hide-credentials.ts";
import type { Hide } from "../answer/hide-credentials.ts";
import { setAbandon } from "../open-call.ts";
import type { OpenCall, ReadCall } from "../open-call.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { keyHolderOf } from "../answer/own-credentials.ts";
import { toUpstreamRequest } from "../prepare/prepare-request.ts";
import { tellInChat } from "../answer/responses-answer.ts";
import { splitEvents } from "../answer/split-events.ts";
import { tellSpentLimit } from "./spent-limit.ts";
import type { FailedAttempt, ServedAnswer } from "./attempt-outcome.ts";

/** Error bodies are small; a provider that sends more is not read on. */
const errorBodyLimitBytes = 256 * 1024;

/** Never rejects: a failed attempt is a value, for the loop to decide on. The attempt is added to the call's list. */
export async function attemptTarget(
  gateway: Gateway,
  call: ReadCall,
  prepared: PreparedRequest,
  credential: Credential,
): Promise<ServedAnswer | FailedAttempt> {
  const startedAt = gateway.clock.monotonicMs();
  call.firstSentAt ??= startedAt;
  call.answeredAt = null;
  const request = toUpstreamRequest(
    prepared,
    credential,
    call.exchange,
    gateway.authenticator,
    traceHeaders(gateway, call),
  );
  const upstream = prepared.provider.upstream.send(request);
  call.audience.onGone(() => {
    upstream.abort();
    call.abandon?.();
  });
  const abort = (): void => upstream.abort();
  setAbandon(call, abort);
  let status: number | null = null;
  let outcome: ServedAnswer | FailedAttempt;
  try {
    const answer = await upstream.answer;
    status = answer.head.status;
    call.answeredAt = gateway.clock.monotonicMs();
    if (status > 599)
      throw new GatewayError("provider_bad_answer", `the provider answered with the status ${status}, which is none`);
    const isGood = status >= 200 && status < 300;
    const coming = isGood
      ? serve(gateway, call, prepared, answer, hiderOf(request), abort)
      : readFailure(gateway, call, prepared, answer, request);
    outcome = coming instanceof Promise ? await coming : coming;
    if ("code" in outcome) upstream.abort(); // the rest of an error is nobody's, and may have no end
  } catch (error) {
    upstream.abort();
    outcome = toFailedAttempt(prepared, tellFailure(whyEnded(call, error), prepared.provider, request));
  }
  const failure = "code" in outcome ? outcome : null;
  if (failure !== null) {
    // Who leaves before an answer begins is charged by what it held so far.
    if (failure.code !== "caller_gone") call.pump = null;
    call.abandon = null;
  }
  const now = gateway.clock.monotonicMs();
  call.stepAt = now;
  const attempt = toAttemptRecord(prepared, credential, startedAt - call.startedAt, now - startedAt, status, failure);
  const hasLeftUnsent = failure?.code === "caller_gone" && !upstream.isSent;
  call.attempts.push(hasLeftUnsent ? { ...attempt, isUnsent: true } : attempt);
  return outcome;
}

const noHeaders: Readonly<Record<string, string>> = {};

/** Who traces calls finds the provider's part below this attempt's span. */
function traceHeaders({ sendsTraceparent }: Gateway, call: OpenCall): Readonly<Record<string, string>> {
  const { id, startedAtMs, traceParent, attempts } = call;
  if (traceParent === null && !sendsTraceparent) return noHeaders;
  return { traceparent: outgoingTraceparent({ callId: id, startedAtMs, traceParent, attemptIndex: attempts.length }) };
}

/** Throws GatewayError for an answer that fails before it has begun. At once for one that is here already. */
function serve(
  { clock }: Gateway,
  call: ReadCall,
  prepared: PreparedRequest,
  raw: UpstreamAnswer,
  hide: Hide,
  abort: () => void,
): ServedAnswer | Promise<ServedAnswer> {
  const { responses, provider } = prepared;
  const isStream = comesAsStream(call, raw.head);
  const watched = isStream && !isEventStream(raw.head) ? watchBeginning(raw) : null;
  const came = watched?.answer ?? raw;
  const told = isStream ? splitEvents(came) : came;
  const answer = responses === null ? told : tellInChat(told, responses, provider.name, isStream);
  const source = call.lead === null ? answer : shareAnswer(call.lead, answer);
  const pump = new AnswerPump(source, chooseRelay(call, prepared, answer.head), hide, clock, () => {
    abort();
    call.lead?.flight.breakOff(new GatewayError("provider_cut_answer", "the answer that this call shared broke off"));
  });
  call.pump = pump;
  setAbandon(call, () => pump.abandon());
  const served = { prepared, answer: source, pump };
  if (!pump.isReady) return whenReady(call, served, watched);
  call.answeredAt = pump.awaitedAt;
  return served;
}

async function whenReady(call: OpenCall, served: ServedAnswer, watched: WatchedAnswer | null): Promise<ServedAnswer> {
  const { pump } = served;
  try {
    await pump.ready;
  } catch (error) {
    const beginning = watched?.beginning() ?? null;
    throw beginning !== null && isCut(error) && isPage(beginning) ? noObject(beginning) : error;
  } finally {
    // Its head may come long before: a model that thinks first sends nothing that the client may have.
    call.answeredAt = pump.awaitedAt;
  }
  return served;
}

/** An attempt that was given up although its client is there: the router stops, or the call's time is over. */
function whyEnded(call: OpenCall, error: unknown): GatewayError {
  const told = toGatewayError(error);
  return told.code !== "caller_gone" || call.audience.isGone ? told : (call.cutBy ?? createLateError());
}

function isCut(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "provider_cut_answer";
}

/** The answer as this call gets it, while others may follow. */
function shareAnswer(lead: CacheLead, answer: UpstreamAnswer): UpstreamAnswer {
  lead.listener = lead.flight.share(answer);
  return lead.listener;
}

async function readFailure(
  gateway: Gateway,
  call: ReadCall,
  prepared: PreparedRequest,
  answer: UpstreamAnswer,
  sent: UpstreamRequest,
): Promise<ServedAnswer | FailedAttempt> {
  const { status, headers } = answer.head;
  const collected = collectBody(answer, errorBodyLimitBytes);
  setAbandon(call, () => collected.abandon());
  const hide = hiderOf(sent);
  const body = hide(await collected.body);
  const text = body.toString();
  const failure = classifyFailure(status, headers, text, gateway.clock.nowMs());
  const spent = tellSpentLimit(prepared, failure.message, answer.head);
  if (spent !== null) return serve(gateway, call, prepared, spent, hide, () => undefined);
  const { provider, target } = prepared;
  const error = tellFailure(toFailureError(failure), provider, sent);
  const original = mayPass(prepared, failure, error, text) ? { status, headers, body } : null;
  return { ...failure, target, error, original };
}

/**
 * Whether the client gets the error as the provider wrote it. A redirect is none: the client would follow it, and show its
 * key to another host. A 407 is of a proxy before the provider: the client would take it for its own proxy's, and never read
 * the words.
 */
function mayPass(
  { pair, provider, dialect }: PreparedRequest,
  failure: Failure,
  told: GatewayError,
  body: string,
): boolean {
  const { code, message, providerStatus } = failure;
  if (pair !== null || providerStatus < 400 || providerStatus === 407) return false;
  if (provider.isPassthrough) return true;
  // With other words than were read here it tells of the credentials, or quotes them in escapes.
  if (told.message !== message || !isErrorOf(dialect, body)) return false;
  // Claude Code shortens the conversation by Anthropic's words alone.
  return dialect !== "anthropic-messages" || code !== "caller_context_overflow" || body.includes(message);
}

/** A provider's failure as a client may hear of it: errors under status 200 quote keys, too. */
function tellFailure(error: GatewayError, provider: Provider, sent: UpstreamRequest): GatewayError {
  return inRouterWords(hideInError(error, hiderOf(sent)), keyHolderOf(provider));
}

function hiderOf(sent: UpstreamRequest): Hide {
  return (bytes) => hideCredentials(bytes, allHeaders(sent));
}

function toFailedAttempt(prepared: PreparedRequest, error: GatewayError): FailedAttempt {
  const { mayFailOver, mayClientRetry } = errorTable[error.code];
  const { target } = prepared;
  const { providerStatus } = error;
  // A wait of the router's own was long enough; what the provider says of itself means what it means in a head.
  const isBrief = mayFailOver && mayClientRetry && error.code !== "provider_timeout";
  return {
    code: error.code,
    target,
    error,
    original: null,
    providerStatus: null,
    retryAfterMs: error.retryAfterSeconds === undefined ? null : error.retryAfterSeconds * 1_000,
    isRetryableHere: providerStatus === undefined ? isBrief : isRetryableHere(error.code, providerStatus),
    mayOtherKeyHelp: mayOtherKeyHelp(error.code),
    mayFailOver,
  };
}

function toAttemptRecord(
  prepared: PreparedRequest,
  credential: Credential,
  startedAfterMs: number,
  durationMs: number,
  status: number | null,
  failure: FailedAttempt | null,
): AttemptRecord {
  return {
    target: prepared.target,
    credential: credential.name,
    startedAfterMs: toMicrosecond(startedAfterMs),
    durationMs: toMicrosecond(durationMs),
    status,
    errorCode: failure?.code ?? null,
    message: failure?.error.message ?? null,
  };
}
