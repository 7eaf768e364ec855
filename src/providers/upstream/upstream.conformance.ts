/**
 * What every upstream client promises, whatever it is made of: run by the test of each. The one list of all parts: a promise
 * left out of one client's test would be found by nobody.
 */
import { describe } from "node:test";
import type { ClientFor } from "./test-exchange.ts";
import { testUpstreamAbort } from "./upstream-abort.conformance.ts";
import { testUpstreamCompression } from "./upstream-compression.conformance.ts";
import { testUpstreamExchange } from "./upstream-exchange.conformance.ts";
import { testUpstreamFailures } from "./upstream-failures.conformance.ts";
import { testUpstreamPausing } from "./upstream-pausing.conformance.ts";
import type { UpstreamClient } from "./upstream.ts";

/** Makes a client for one origin, without a proxy. */
export type CreateClient = (options: { origin: string; ca: string | null; maxSockets: number }) => UpstreamClient;

/** Tries all of it on one kind of client. */
export function testUpstream(name: string, create: CreateClient): void {
  const client: ClientFor = (origin, maxSockets = 64) => create({ origin, ca: null, maxSockets });

  describe(`${name}:`, () => {
    testUpstreamExchange(client);
    testUpstreamPausing(client);
    testUpstreamFailures(client);
    testUpstreamAbort(client);
    testUpstreamCompression(client);
  });
}
