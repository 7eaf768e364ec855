/** What comes of an attempt, and of all that a plan allows. */
import type { GatewayError } from "../../core/errors/errors.ts";
import type { Target } from "../../core/target.ts";
import type { UpstreamAnswer } from "../../providers/upstream/upstream.ts";
import type { AnswerPump } from "../answer/answer-pump.ts";
import type { OriginalError } from "../answer/original-error.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import type { AttemptFailure } from "../../routing/retry-policy.ts";

export interface ServedAnswer {
  readonly prepared: PreparedRequest;
  readonly answer: UpstreamAnswer;
  readonly pump: AnswerPump;
}

export interface FailedAttempt extends AttemptFailure {
  readonly target: Target;
  readonly error: GatewayError;
  /** HTTP status of the provider; null if none came. */
  readonly providerStatus: number | null;
  /** Set where the client speaks the provider's dialect. */
  readonly original: OriginalError | null;
}

export type TargetsOutcome =
  | { readonly kind: "served"; readonly served: ServedAnswer }
  | { readonly kind: "failed"; readonly error: GatewayError; readonly original: OriginalError | null };
