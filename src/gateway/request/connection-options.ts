/** What a message's `connection` header names: headers of that one connection, which no proxy passes on (RFC 9110, 7.6.1). */

const none: ReadonlySet<string> = new Set();

/** The names in `connection`, in lower case. */
export function connectionOptions(connection: string | readonly string[] | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return none;
  const names = String(connection).toLowerCase().split(",");
  return new Set(names.map((name) => name.trim()));
}
