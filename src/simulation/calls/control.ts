/**
 * The control paths of a simulated provider, for processes that do not own it:
 *
 *     GET    /simulation/behaviour   the behaviour
 *     POST   /simulation/behaviour   changes some of its fields; with `nextRequests: n`, for the next n calls only
 *     DELETE /simulation/behaviour   the behaviour it started with
 *     GET    /simulation/requests    the last requests it got
 *     GET    /simulation/counts      connections, requests, answers on their way, aborted requests
 */
import { isJsonObject } from "../../core/json/json.ts";
import type { JsonValue } from "../../core/json/json.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import type { Behaviour, BehaviourChange } from "../behaviour.ts";

export interface ControlTarget {
  readonly behaviour: Behaviour;
  behave(change: BehaviourChange): void;
  behaveNext(change: BehaviourChange, count?: number): void;
  resetBehaviour(): void;
  readonly requests: readonly unknown[];
  readonly aborted: readonly unknown[];
  counts(): object;
}

/** The answer to a control request: status and JSON value. */
export function answerControl(
  target: ControlTarget,
  method: string,
  path: string,
  body: JsonValue | undefined,
): { readonly status: number; readonly value: unknown } {
  const route = `${method} ${path}`;
  if (route === "GET /simulation/requests") return { status: 200, value: target.requests };
  if (route === "GET /simulation/counts") return { status: 200, value: { ...target.counts(), aborts: target.aborted } };
  if (route === "DELETE /simulation/behaviour") target.resetBehaviour();
  else if (route === "POST /simulation/behaviour") {
    const refusal = change(target, body);
    if (refusal !== null) return { status: 400, value: { error: refusal } };
  } else if (route !== "GET /simulation/behaviour") {
    return { status: 404, value: { error: `No control path ${route}` } };
  }
  return { status: 200, value: target.behaviour };
}

function change(target: ControlTarget, body: JsonValue | undefined): string | null {
  if (!isJsonObject(body)) return "The change must be a JSON object";
  const { nextRequests, ...fields } = body;
  try {
    if (nextRequests === undefined) target.behave(fields);
    else if (typeof nextRequests === "number" && Number.isInteger(nextRequests) && nextRequests > 0)
      target.behaveNext(fields, nextRequests);
    else return `nextRequests: a whole number from 1 on, not ${JSON.stringify(nextRequests)}`;
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
