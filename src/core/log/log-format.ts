/** Log lines for people at a terminal: time, level, component, sentence, then the other fields. */
import { isJsonObject, parseJson } from "../json/json.ts";
import type { JsonValue } from "../json/json.ts";
import { visibleText } from "../text/visible-text.ts";

const colors: Readonly<Record<string, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

/** A JSON log line as one line for people; a stack trace follows below. What is no JSON stays as it is. */
export function formatForTerminal(line: string, hasColors: boolean): string {
  const entry = parseJson(line);
  if (!isJsonObject(entry)) return line;
  const { level, time, component, msg, ...fields } = entry;
  const paint = (text: string, color: number): string => (hasColors ? `\u001b[${color}m${text}\u001b[0m` : text);
  const name = asText(level);
  const clock = asText(time).slice(11, 23);
  const start = `${paint(clock, 90)} ${paint(name.toUpperCase().padEnd(5), colors[name] ?? 0)}`;
  const who = component === undefined ? "" : ` ${paint(asText(component), 90)}`;
  const details = Object.entries(fields)
    .map(([field, value]) => `${paint(`${field}=`, 90)}${visibleText(formatValue(value))}`)
    .join(" ");
  const error = fields["error"];
  const stack =
    isJsonObject(error) && typeof error["stack"] === "string" ? `${paint(visibleText(error["stack"]), 90)}\n` : "";
  return `${start}${who} ${visibleText(asText(msg))}${details === "" ? "" : ` ${details}`}\n${stack}`;
}

function formatValue(value: JsonValue | undefined): string {
  if (isJsonObject(value) && typeof value["stack"] === "string") return asText(value["message"]);
  if (typeof value === "string") return /[\s"=\p{Cc}]/u.test(value) || value === "" ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? "";
}

function asText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
