/** A value of a foreign document as text: a string as it is, nothing as "", everything else as JSON. */
export function textOrJson(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
