/** Judges the answers of finished calls: by what they said, in the process that has their words. */
import type { Clock } from "../core/clock.ts";
import type { AnswerForQuality } from "../monitoring/quality/answer-quality.ts";
import { DeclaredToolsCache } from "../monitoring/quality/declared-tools-cache.ts";
import type { QualityTracker } from "../monitoring/quality/quality-tracker.ts";
import type { FinishedCall, FinishedCallListener } from "./finished-calls.ts";

/** What there is to judge; null for calls that nobody answered. */
export type AnswerJudge = (call: FinishedCall) => AnswerForQuality | null;

export function createAnswerJudge(clock: Clock): AnswerJudge {
  const tools = new DeclaredToolsCache();
  return ({ record, facts, request }) => {
    if (record.target === null || record.endpoint === "count-tokens") return null;
    const hasToolCalls = facts.toolCalls.length > 0 && request !== null;
    return {
      hasEnded: facts.isComplete && facts.error === null,
      stopReason: facts.stopReason,
      toolCalls: facts.toolCalls.map(({ name }, place) => ({
        name,
        inputJson: facts.excerpt?.inputJson(place) ?? null,
      })),
      tools: hasToolCalls ? tools.find(request.bytesOf("tools"), clock.monotonicMs()) : null,
      text: facts.excerpt?.textTail() ?? null,
      outputCharacters: facts.outputCharacters,
    };
  };
}

/** Tells `quality` of each answer, those of workers as they judged them. */
export function judgeAnswers(quality: QualityTracker, judge: AnswerJudge): FinishedCallListener {
  return (call) => {
    if (call.judged !== undefined) {
      if (call.judged !== null) quality.observeQuality(call.record, call.judged.quality, call.judged.toolUseIds);
      return;
    }
    const answer = judge(call);
    if (answer === null) return;
    quality.observeAnswer(
      call.record,
      answer,
      call.facts.toolCalls.map(({ id }) => id),
    );
  };
}
