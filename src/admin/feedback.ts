/** Quality by target, and what people say about single calls. */
import { GatewayError } from "../core/errors/errors.ts";
import { isJsonObject, parseJson } from "../core/json/json.ts";
import type { JsonValue } from "../core/json/json.ts";
import type { Feedback, KeptFeedback, TargetQuality, TierSatisfaction } from "../monitoring/quality/quality-tracker.ts";
import type { AdminRoute } from "./admin-route.ts";
import { invalid, jsonAnswer, refuseUnknownFields } from "./read-request.ts";

export interface FeedbackSource {
  readTargets(): readonly TargetQuality[];
  readSatisfaction(): readonly TierSatisfaction[];
  readFeedback(): readonly KeptFeedback[];
  /** False where the call is not known (any more). */
  observeFeedback(feedback: Feedback): boolean;
}

export function feedbackRoutes(source: FeedbackSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/quality",
      access: "admin",
      handle: () =>
        jsonAnswer({
          targets: source.readTargets(),
          satisfaction: source.readSatisfaction(),
          feedback: source.readFeedback(),
        }),
    },
    {
      method: "POST",
      path: "/api/feedback",
      access: "admin",
      handle: async (request) => {
        const feedback = readFeedback(parseJson((await request.body()).toString()));
        if (!source.observeFeedback(feedback)) {
          throw new GatewayError(
            "caller_not_found",
            `request_id: no answer of ${feedback.requestId.slice(0, 100)} is remembered`,
          );
        }
        return jsonAnswer({ accepted: true, request_id: feedback.requestId, score: feedback.score });
      },
    },
  ];
}

/** Throws GatewayError `caller_invalid_request`. */
function readFeedback(body: JsonValue | undefined): Feedback {
  if (!isJsonObject(body)) throw invalid("the body must be a JSON object: {request_id, score, comment?}");
  refuseUnknownFields(body, ["request_id", "score", "comment"]);
  const { request_id: requestId, score, comment = null } = body;
  if (typeof requestId !== "string" || requestId === "") {
    throw invalid("request_id: the id of a call is required, as x-ccr-request-id tells it");
  }
  if (typeof score !== "number" || score < 0 || score > 1) throw invalid("score: a number from 0 (bad) to 1 (good)");
  if (comment !== null && typeof comment !== "string") throw invalid("comment: text");
  return { requestId, score, comment };
}
