/** A chat request of one question, and the refusal that it gets. */
import assert from "node:assert/strict";
import { GatewayError } from "../../../core/errors/errors.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { translateRequest } from "./request.ts";

export const traits: TargetTraits = { ...defaultTraits({ provider: "p", model: "m" }), hasFiles: true };

export const user: JsonObject = { role: "user", content: "Hi" };

/** The code of the refusal, or that the request is taken. */
export function refusalOf(body: JsonObject, changed: Partial<TargetTraits> = {}): string {
  try {
    translateRequest({ messages: [user], ...body }, { ...traits, ...changed });
    return "taken";
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    return error.code;
  }
}
