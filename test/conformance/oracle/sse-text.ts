/** Reads a whole SSE text at once. Simple on purpose: it judges the streaming reader. */

export interface SseEvent {
  /** Value of the `event:` line, null where there was none. */
  readonly event: string | null;
  /** Joined values of the `data:` lines. */
  readonly data: string;
}

/** The events of `text` that carry data, in order; an event that no blank line ends counts too. */
export function parseSse(text: string): SseEvent[] {
  return text
    .replaceAll("\r\n", "\n")
    .split(/\n\n+/)
    .map((block) => block.split("\n"))
    .map((lines) => ({ event: valueOf(lines, "event")[0] ?? null, data: valueOf(lines, "data").join("\n") }))
    .filter((event) => event.data !== "");
}

function valueOf(lines: readonly string[], field: string): string[] {
  return lines
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).replace(/^ /, ""));
}
