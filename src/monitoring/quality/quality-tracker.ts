/**
 * Quality and satisfaction by provider, model and tier: the checks on each answer, and what its readers did with it.
 *
 * Tool calls, calls and sessions are remembered (bounded) with the target that wrote them, so that a later accept,
 * reject, failure, rating or feedback goes to exactly that target.
 */
import type { Clock } from "../../core/time/clock.ts";
import { isServedByCache } from "../../core/record.ts";
import type { CallRecord } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import { formatTarget } from "../../core/target.ts";
import { Authors, CallAuthors } from "./author.ts";
import type { Author } from "./author.ts";
import { answerQuality } from "./answer-quality.ts";
import type { AnswerForQuality, AnswerQuality } from "./answer-quality.ts";
import { BoundedMap } from "../../core/collections/bounded-map.ts";
import { ratingWeight, signalOf } from "./satisfaction-signals.ts";
import { ScoredAverage } from "./scored-average.ts";
import type { TelemetryEvent } from "./telemetry-event.ts";

/** Where single observations go besides: EnhancedMetricsSystem is one. */
export interface QualitySink {
  observeQuality(provider: string, model: string, contentType: string, quality: number): void;
  incrementToolDecision(provider: string, decision: "accept" | "reject"): void;
  incrementToolResult(provider: string, result: "success" | "failure"): void;
}

/** What a person said about one call. */
export interface Feedback {
  readonly requestId: string;
  /** From 0 (bad) to 1 (good). */
  readonly score: number;
  readonly comment: string | null;
}

export interface KeptFeedback extends Feedback {
  readonly target: string;
  readonly user: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** One target's figures. */
export interface TargetQuality extends Target {
  /** Mean quality of its answers, from 0 to 1. */
  readonly quality: number;
  /** What developers made of its work, from 0 to 1. */
  readonly satisfaction: number;
  /** 0.7 × quality + 0.3 × satisfaction: what routing ranks by. */
  readonly score: number;
  /** Answers and signals behind the figures, the old ones faded. */
  readonly answers: number;
  readonly signals: number;
}

export interface TierSatisfaction {
  readonly tier: string;
  readonly provider: string;
  readonly score: number;
}

interface TargetFigures {
  readonly target: Target;
  readonly quality: ScoredAverage;
  readonly satisfaction: ScoredAverage;
}

const maxToolCalls = 100_000;
const maxCalls = 50_000;
const maxSessions = 20_000;
const maxTargets = 512;
const maxFeedback = 200;
/** What is assumed before anything is known: answers are good, opinions are in the middle. */
const qualityPrior = 0.9;
const satisfactionPrior = 0.5;

export class QualityTracker {
  readonly #clock: Clock;
  readonly #sink: QualitySink;
  readonly #authors = new Authors();
  readonly #toolCalls = new BoundedMap<Author>(maxToolCalls);
  readonly #calls = new CallAuthors(maxCalls);
  readonly #sessions = new BoundedMap<Author>(maxSessions);
  readonly #targets = new BoundedMap<TargetFigures>(maxTargets);
  readonly #tiers = new BoundedMap<{
    readonly tier: string;
    readonly provider: string;
    readonly average: ScoredAverage;
  }>(maxTargets);
  readonly #feedback: KeptFeedback[] = [];

  constructor(clock: Clock, sink: QualitySink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Scores the answer of a served call, null where none was served; `toolUseIds`: its tool calls as the client sees them. */
  observeAnswer(record: CallRecord, answer: AnswerForQuality, toolUseIds: readonly string[]): AnswerQuality | null {
    if (!isJudged(record)) return null;
    const quality = answerQuality(answer);
    this.observeQuality(record, quality, toolUseIds);
    return quality;
  }

  /** Takes an answer that was scored elsewhere, in a process that has its words. */
  observeQuality(record: CallRecord, quality: AnswerQuality, toolUseIds: readonly string[]): void {
    const { target } = record;
    if (target === null || !isJudged(record)) return;
    const author = this.#authors.of(target, record.caller);
    this.#calls.add(record.id, author);
    for (const toolUseId of toolUseIds) this.#toolCalls.set(toolUseId, author);
    if (record.client.sessionId !== null) this.#sessions.set(record.client.sessionId, author);
    this.#figuresOf(target).quality.add(quality.score, 1, this.#clock.monotonicMs());
    this.#sink.observeQuality(target.provider, target.model, quality.contentType, quality.score);
  }

  /** Takes events of a client's telemetry; answers how many of them said something about a known answer. */
  observeEvents(events: readonly TelemetryEvent[]): number {
    return events.filter((event) => this.#observeEvent(event)).length;
  }

  /** Takes a person's word about a call; false where the call is not known (any more). */
  observeFeedback(feedback: Feedback): boolean {
    const author = this.#calls.find(feedback.requestId);
    if (author === undefined) return false;
    const score = Math.min(1, Math.max(0, feedback.score));
    this.#judge(author, score, ratingWeight);
    const comment = feedback.comment?.slice(0, 1_000) ?? null;
    const { requestId } = feedback;
    const target = formatTarget(author.target);
    this.#feedback.push({ requestId, score, comment, target, user: author.user, atMs: this.#clock.nowMs() });
    if (this.#feedback.length > maxFeedback) this.#feedback.shift();
    return true;
  }

  /** All targets that served, the best first. */
  readTargets(): readonly TargetQuality[] {
    return [...this.#targets.values()].map((figures) => this.#readTarget(figures)).sort((a, b) => b.score - a.score);
  }

  /** One target, null where nothing is known of it: for routing. */
  find(target: Target): TargetQuality | null {
    const figures = this.#targets.get(formatTarget(target));
    return figures === undefined ? null : this.#readTarget(figures);
  }

  /** Satisfaction by tier and provider, for ccr_user_satisfaction_score. */
  readSatisfaction(): readonly TierSatisfaction[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#tiers.values()].map(({ tier, provider, average }) => ({
      tier,
      provider,
      score: average.score(satisfactionPrior, nowMs),
    }));
  }

  /** The last words of people, the newest first. */
  readFeedback(): readonly KeptFeedback[] {
    return this.#feedback.toReversed();
  }

  #observeEvent(event: TelemetryEvent): boolean {
    const signal = signalOf(event);
    if (signal === null) return false;
    const author =
      signal.kind === "rating" ? this.#sessions.get(signal.sessionId) : this.#toolCalls.get(signal.toolUseId);
    if (author === undefined) return false;
    const { provider } = author.target;
    switch (signal.kind) {
      case "decision":
        this.#sink.incrementToolDecision(provider, signal.isAccepted ? "accept" : "reject");
        this.#judge(author, signal.isAccepted ? 1 : 0, signal.weight);
        break;
      case "result":
        this.#sink.incrementToolResult(provider, signal.isSuccess ? "success" : "failure");
        this.#judge(author, signal.isSuccess ? 1 : 0, signal.weight);
        break;
      case "rating":
        this.#judge(author, signal.good, signal.weight);
    }
    return true;
  }

  #judge({ target, tier }: Author, good: number, weight: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#figuresOf(target).satisfaction.add(good, weight, nowMs);
    const key = `${tier}\n${target.provider}`;
    const entry = this.#tiers.get(key) ?? { tier, provider: target.provider, average: new ScoredAverage() };
    this.#tiers.set(key, entry);
    entry.average.add(good, weight, nowMs);
  }

  #readTarget({ target, quality, satisfaction }: TargetFigures): TargetQuality {
    const nowMs = this.#clock.monotonicMs();
    const answers = quality.weight(nowMs);
    const signals = satisfaction.weight(nowMs);
    const meanQuality = quality.score(qualityPrior, nowMs);
    const meanSatisfaction = satisfaction.score(satisfactionPrior, nowMs);
    const score = 0.7 * meanQuality + 0.3 * meanSatisfaction;
    return { ...target, quality: meanQuality, satisfaction: meanSatisfaction, score, answers, signals };
  }

  #figuresOf(target: Target): TargetFigures {
    const key = formatTarget(target);
    const known = this.#targets.get(key);
    const figures = known ?? { target, quality: new ScoredAverage(), satisfaction: new ScoredAverage() };
    this.#targets.set(key, figures);
    return figures;
  }
}

function isJudged(record: CallRecord): boolean {
  return record.target !== null && record.outcome !== "aborted" && !isServedByCache(record);
}
