/** Why `fetch` brought no answer, for people. */

/** The system's code, such as `ECONNREFUSED`, where there is one. */
export function fetchErrorReason(error: unknown): string {
  const { cause } = error as Error;
  if (!(cause instanceof Error)) return String(error);
  // https://fetch.spec.whatwg.org/#port-blocking
  if (cause.message === "bad port") return "HTTP clients refuse this port, which the Fetch standard blocks";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
