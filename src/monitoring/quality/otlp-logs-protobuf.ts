/**
 * Reads an OTLP/HTTP protobuf logs request: the few fields that carry events. Field numbers from
 * https://github.com/open-telemetry/opentelemetry-proto (collector/logs/v1, logs/v1, common/v1).
 */
import { readMessage } from "./protobuf-reader.ts";
import type { WireField } from "./protobuf-reader.ts";
import { eventName, maxEvents } from "./telemetry-event.ts";
import type { TelemetryEvent } from "./telemetry-event.ts";

const request = { resourceLogs: 1 };
const resourceLogs = { resource: 1, scopeLogs: 2 };
const resource = { attributes: 1 };
const scopeLogs = { logRecords: 2 };
const logRecord = { body: 5, attributes: 6, eventName: 12 };
const keyValue = { key: 1, value: 2 };
const anyValue = { string: 1, bool: 2, int: 3, double: 4 };

type Attributes = Map<string, string | number | boolean>;

const decoder = new TextDecoder();

/** The events of a request. Throws RangeError where the bytes are no such message. */
export function readProtobufLogs(body: Uint8Array): readonly TelemetryEvent[] {
  const events: TelemetryEvent[] = [];
  for (const group of messages(readMessage(body), request.resourceLogs)) {
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

function readRecord(record: readonly WireField[], shared: Attributes): TelemetryEvent {
  const attributes: Attributes = new Map(shared);
  addAttributes(record, logRecord.attributes, attributes);
  const [body] = messages(record, logRecord.body);
  const text = body === undefined ? null : readValue(body);
  return { name: eventName(attributes.get("event.name"), textOf(record, logRecord.eventName), text), attributes };
}

function addAttributes(owner: readonly WireField[], number: number, attributes: Attributes): void {
  for (const entry of messages(owner, number)) {
    const key = textOf(entry, keyValue.key);
    const [value] = messages(entry, keyValue.value);
    const read = value === undefined ? null : readValue(value);
    if (key !== null && read !== null) attributes.set(key, read);
  }
}

function readValue(fields: readonly WireField[]): string | number | boolean | null {
  for (const field of fields) {
    if (field.number === anyValue.string && field.bytes !== null) return decoder.decode(field.bytes);
    if (field.number === anyValue.bool) return field.value !== 0;
    if (field.number === anyValue.int || field.number === anyValue.double) return field.value;
  }
  return null;
}

function textOf(fields: readonly WireField[], number: number): string | null {
  const field = fields.find((candidate) => candidate.number === number);
  return field === undefined || field.bytes === null ? null : decoder.decode(field.bytes);
}

function messages(fields: readonly WireField[], number: number): WireField[][] {
  return fields.flatMap((field) => (field.number === number && field.bytes !== null ? [readMessage(field.bytes)] : []));
}
