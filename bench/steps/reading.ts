/** Steps before a call goes out: its id, its key, its fields. */
import { hash } from "node:crypto";
import { scanTopLevel } from "../../src/core/json/json-scan.ts";
import { createCallId } from "../../src/core/ids.ts";
import { readCall } from "../../src/gateway/request/read-call.ts";
import { messagesBody } from "../load/requests.ts";
import type { Step } from "./step.ts";

const sizes: readonly (readonly [string, number])[] = [
  ["1 KB", 1_000],
  ["100 KB", 100_000],
  ["1 MB", 1_000_000],
];

export const reading: readonly Step[] = [
  { name: "call-id", what: "an id of time and pooled random bytes", prepare: () => () => createCallId(Date.now()) },
  {
    name: "hash-key",
    what: "SHA-256 of a key, in hex",
    prepare: () => () => hash("sha256", "ccr-bench-key-of-some-length", "hex"),
  },
  ...sizes.map(([label, bytes]) => ({
    name: `scan ${label}`,
    what: "top-level fields found in the bytes",
    prepare: () => {
      const body = Buffer.from(messagesBody("claude-sonnet-5", bytes, true));
      return () => scanTopLevel(body);
    },
  })),
  {
    name: "read-call 1 KB",
    what: "scan, and the model's name",
    prepare: () => {
      const body = Buffer.from(messagesBody("claude-sonnet-5", 1_000, true));
      return () => readCall(body);
    },
  },
  ...sizes.map(([label, bytes]) => ({
    name: `JSON.parse ${label}`,
    what: "what the scan spares",
    prepare: () => {
      const body = Buffer.from(messagesBody("claude-sonnet-5", bytes, true));
      return () => JSON.parse(body.toString()) as unknown;
    },
  })),
];
