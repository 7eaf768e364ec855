/** Before a call is planned: where was its session served, if other instances know and this one does not? */
import type { Gateway } from "./gateway.ts";
import type { ReadCall } from "./open-calls.ts";
import { withinPatience } from "./store-patience.ts";

/** null where there is nothing to wait for, as for every session that is known here. */
export function loadSession(gateway: Gateway, call: ReadCall): Promise<void> | null {
  const { sessionId } = call.features;
  if (gateway.affinity === null || sessionId === null || call.endpoint === "count-tokens") return null;
  const loading = gateway.affinity.load(sessionId);
  return loading === null ? null : withinPatience(call, gateway.clock, loading);
}
