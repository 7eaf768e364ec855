/** Judges the answers of finished calls: by what they said, in the process that has their words. */
import type { Clock } from "../../core/time/clock.ts";
import type { AnswerQuality } from "../../monitoring/quality/answer-quality.ts";
import { DeclaredToolsCache } from "../../monitoring/quality/declared-tools-cache.ts";
import type { QualityTracker } from "../../monitoring/quality/quality-tracker.ts";
import type { FinishedCall } from "./finished-calls.ts";

/** Tells `tracker` of each answer, those of workers as they judged them. The judge answers null for what is not judged here. */
export function createAnswerJudge(tracker: QualityTracker, clock: Clock): (call: FinishedCall) => AnswerQuality | null {
  const tools = new DeclaredToolsCache();
  return ({ record, facts, request, judged }) => {
    if (judged !== undefined) {
      if (judged !== null) tracker.observeQuality(record, judged.quality, judged.toolUseIds);
      return null;
    }
    if (record.target === null || record.endpoint === "count-tokens") return null;
    const hasToolCalls = facts.toolCalls.length > 0 && request !== null;
    const answer = {
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
    return tracker.observeAnswer(record, answer, toolUseIdsOf(facts));
  };
}

/** The answer's tool calls, as the client sees them. */
export function toolUseIdsOf({ toolCalls }: FinishedCall["facts"]): readonly string[] {
  return toolCalls.map(({ id }) => id);
}
