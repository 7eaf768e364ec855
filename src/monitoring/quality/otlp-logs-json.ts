/** Reads an OTLP/HTTP JSON logs request. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import { parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { eventName, maxEvents, readAttributes } from "./telemetry-event.ts";
import type { TelemetryEvent, TelemetryValue } from "./telemetry-event.ts";

/** The events of a request; what is not as the protocol says is left out. */
export function readJsonLogs(body: string): readonly TelemetryEvent[] {
  const events: TelemetryEvent[] = [];
  for (const resourceLogs of toJsonArray(toJsonObject(parseJson(body))["resourceLogs"]).map(toJsonObject)) {
    const shared = attributesOf(toJsonObject(resourceLogs["resource"])["attributes"], new Map());
    for (const scopeLogs of toJsonArray(resourceLogs["scopeLogs"]).map(toJsonObject)) {
      for (const record of toJsonArray(scopeLogs["logRecords"]).map(toJsonObject)) {
        if (events.length >= maxEvents) return events;
        const attributes = attributesOf(record["attributes"], shared);
        const text = toJsonObject(record["body"])["stringValue"];
        events.push({ name: eventName(attributes.get("event.name"), record["eventName"], text), attributes });
      }
    }
  }
  return events;
}

type Attributes = Map<string, TelemetryValue>;

function attributesOf(list: JsonValue | undefined, shared: Attributes): Attributes {
  const attributes = new Map(shared);
  for (const entry of toJsonArray(list).map(toJsonObject)) {
    const { key } = entry;
    if (typeof key !== "string" || !readAttributes.has(key)) continue;
    const value = readValue(toJsonObject(entry["value"]));
    if (value !== null) attributes.set(key, value);
  }
  return attributes;
}

function readValue(value: JsonObject): TelemetryValue | null {
  const { stringValue, boolValue, intValue, doubleValue } = value;
  if (typeof stringValue === "string") return stringValue;
  if (typeof boolValue === "boolean") return boolValue;
  // 64-bit integers come as text.
  if (typeof intValue === "string" || typeof intValue === "number") return Number(intValue);
  return typeof doubleValue === "number" ? doubleValue : null;
}
