/**
 * What an event of a client's telemetry says about the work of a model. Pure.
 *
 * https://code.claude.com/docs/en/monitoring-usage: `tool_decision` and `tool_result` carry the id of the tool call,
 * `feedback_survey` the session. A decision by configuration or by a hook is no person's judgement.
 */
import type { TelemetryEvent, TelemetryValue } from "./telemetry-event.ts";

/** `good` from 0 (bad) to 1 (good), `weight` how much it counts. */
export type Signal =
  | { readonly kind: "decision"; readonly toolUseId: string; readonly isAccepted: boolean; readonly weight: number }
  | { readonly kind: "result"; readonly toolUseId: string; readonly isSuccess: boolean; readonly weight: number }
  | { readonly kind: "rating"; readonly sessionId: string; readonly good: number; readonly weight: number };

const decisionWeight = 1;
/** A failed command often lies in the project, not in the model: it counts a fifth of a person's word. */
const resultWeight = 0.2;
export const ratingWeight = 3;

const personalSources: ReadonlySet<string> = new Set(["user_permanent", "user_temporary", "user_reject", "user_abort"]);
const ratings: ReadonlyMap<string, number> = new Map([
  ["bad", 0], ["poor", 0], ["fine", 0.5], ["ok", 0.5], ["good", 1], ["great", 1],
]); // prettier-ignore

/** The signal of an event, null where it carries none. */
export function signalOf(event: TelemetryEvent): Signal | null {
  const { attributes } = event;
  const toolUseId = textOf(attributes.get("tool_use_id"));
  switch (event.name) {
    case "tool_decision": {
      const source = textOf(attributes.get("source")) ?? textOf(attributes.get("decision_source"));
      if (toolUseId === null || source === null || !personalSources.has(source)) return null;
      const isAccepted = attributes.get("decision") === "accept";
      return { kind: "decision", toolUseId, isAccepted, weight: decisionWeight };
    }
    case "tool_result": {
      const success = attributes.get("success");
      if (toolUseId === null || success === undefined || wasRejected(event)) return null;
      return { kind: "result", toolUseId, isSuccess: success === true || success === "true", weight: resultWeight };
    }
    case "feedback_survey": {
      const sessionId = textOf(attributes.get("session.id"));
      const good = ratings.get(textOf(attributes.get("response"))?.toLowerCase() ?? "");
      if (sessionId === null || good === undefined) return null;
      return { kind: "rating", sessionId, good, weight: ratingWeight };
    }
    default:
      return null;
  }
}

/** A rejected call fails too; its decision has told that already. */
function wasRejected({ attributes }: TelemetryEvent): boolean {
  return attributes.get("decision_type") === "reject" || attributes.get("decision") === "reject";
}

function textOf(value: TelemetryValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
