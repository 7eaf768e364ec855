/** Whether a caller's key lets it ask for a model. */
import type { Caller } from "../../core/caller.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { compilePattern } from "../../routing/compile-pattern.ts";

/** Patterns of the key are compared without case; a caller without any may ask for all. */
export function mayAskFor({ allowedModels }: Caller, model: string): boolean {
  return allowedModels === null || allowedModels.some((pattern) => compilePattern(pattern)(model));
}

/** The refusal of a model that the key does not allow. */
export function deniedModel({ keyId, allowedModels }: Caller, model: string): GatewayError {
  const allowed = (allowedModels ?? []).join(", ");
  return new GatewayError(
    "caller_permission_denied",
    `key ${keyId} may not ask for ${model}; it may ask for ${allowed}`,
  );
}
