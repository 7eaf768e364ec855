/** Patterns of rules and names, compiled. */
import { matchesPattern } from "../core/text/pattern.ts";

/** A test for `pattern`, in which `*` stands for any run of characters; letters compare without case. */
export function compilePattern(pattern: string): (name: string) => boolean {
  if (pattern === "*") return () => true;
  const wanted = pattern.toLowerCase();
  if (!wanted.includes("*")) return (name) => name.toLowerCase() === wanted;
  return (name) => matchesPattern(wanted, name.toLowerCase());
}
