/** The environment that a process was started with, where keys and proxies stand. */

/** By name; undefined, and blank, count as not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The first of `names` that is set, with its value without blanks around it; null where none is. */
export function firstSet(
  names: readonly string[],
  variables: Variables,
): { readonly name: string; readonly value: string } | null {
  for (const name of names) {
    const value = variables[name]?.trim() ?? "";
    if (value !== "") return { name, value };
  }
  return null;
}
