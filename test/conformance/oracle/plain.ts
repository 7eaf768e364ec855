/** A JSON value as text: strings as they are, nothing for missing and null, JSON for the rest. */
export function plain(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
