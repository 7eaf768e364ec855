/**
 * Reads an OTLP/HTTP protobuf logs request: the few fields that carry events. Field numbers from
 * https://github.com/open-telemetry/opentelemetry-proto (collector/logs/v1, logs/v1, common/v1).
 */
import { readMessage } from "./protobuf-reader.ts";
import { eventName, maxEvents, readAttributes } from "./telemetry-event.ts";
import type { TelemetryEvent, TelemetryValue } from "./telemetry-event.ts";

const request = { resourceLogs: 1 };
const resourceLogs = { resource: 1, scopeLogs: 2 };
const resource = { attributes: 1 };
const scopeLogs = { logRecords: 2 };
const logRecord = { body: 5, attributes: 6, eventName: 12 };
const keyValue = { key: 1, value: 2 };
const anyValue = { string: 1, bool: 2, int: 3, double: 4 };

type Attributes = Map<string, TelemetryValue>;

const decoder = new TextDecoder();

/** The events of a request. Throws RangeError where the bytes are no such message. */
export function readProtobufLogs(body: Uint8Array): readonly TelemetryEvent[] {
  const events: TelemetryEvent[] = [];
  for (const group of messages(body, request.resourceLogs)) {
    const shared: Attributes = new Map();
    for (const owner of messages(group, resourceLogs.resource)) addAttributes(owner, resource.attributes, shared);
    for (const scope of messages(group, resourceLogs.scopeLogs)) {
      for (const record of messages(scope, scopeLogs.logRecords)) {
        if (events.length >= maxEvents) return events;
        events.push(readRecord(record, shared));
      }
    }
  }
  return events;
}

function readRecord(record: Uint8Array, shared: Attributes): TelemetryEvent {
  const attributes: Attributes = new Map(shared);
  addAttributes(record, logRecord.attributes, attributes);
  const body = firstOf(record, logRecord.body);
  const text = body === null ? null : readValue(body);
  return { name: eventName(attributes.get("event.name"), textOf(record, logRecord.eventName), text), attributes };
}

function addAttributes(owner: Uint8Array, number: number, attributes: Attributes): void {
  for (const entry of messages(owner, number)) {
    const key = textOf(entry, keyValue.key);
    if (key === null || !readAttributes.has(key)) continue;
    const value = firstOf(entry, keyValue.value);
    const read = value === null ? null : readValue(value);
    if (read !== null) attributes.set(key, read);
  }
}

function readValue(message: Uint8Array): TelemetryValue | null {
  for (const field of readMessage(message)) {
    if (field.number === anyValue.string && field.bytes !== null) return decoder.decode(field.bytes);
    if (field.number === anyValue.bool) return field.value !== 0;
    if (field.number === anyValue.int || field.number === anyValue.double) return field.value;
  }
  return null;
}

function textOf(message: Uint8Array, number: number): string | null {
  const bytes = firstOf(message, number);
  return bytes === null ? null : decoder.decode(bytes);
}

function firstOf(message: Uint8Array, number: number): Uint8Array | null {
  for (const bytes of messages(message, number)) return bytes;
  return null;
}

function* messages(message: Uint8Array, number: number): Generator<Uint8Array, void> {
  for (const field of readMessage(message)) if (field.number === number && field.bytes !== null) yield field.bytes;
}
