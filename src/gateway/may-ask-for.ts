/** Whether a caller's key lets it ask for a model. */
import type { Caller } from "../core/caller.ts";
import { compilePattern } from "../routing/pattern.ts";

export function mayAskFor({ allowedModels }: Caller, model: string): boolean {
  return allowedModels === null || allowedModels.some((pattern) => compilePattern(pattern)(model));
}
