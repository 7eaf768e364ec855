/** A finding of a cross-field check: like a problem, before its line is known. */
import { noName } from "../issues.ts";
import type { Finding } from "../issues.ts";
import type { ConfigProblem, SettingPath } from "../problem.ts";

export interface CheckFinding extends Finding {
  readonly severity: ConfigProblem["severity"];
}

/** What no start takes. `nearest`: finds the name that was meant, maybe. */
export function errorAt(path: SettingPath, problem: string, nearest: Finding["nearest"] = noName): CheckFinding {
  return { severity: "error", path, problem, nearest };
}

/** What a start takes, and hardly anybody means. */
export function warningAt(path: SettingPath, problem: string): CheckFinding {
  return { severity: "warning", path, problem, nearest: noName };
}

/** Every value that stands in the list before too, with its place. */
export function repetitions(values: readonly string[]): readonly { readonly value: string; readonly index: number }[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [{ value, index }];
    seen.add(value);
    return [];
  });
}
