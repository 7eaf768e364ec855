/** Before a call is planned: where was its session served, if other instances know and this one does not? */
import type { Clock } from "../../core/time/clock.ts";
import type { Endpoint } from "../../core/record.ts";
import type { Affinity } from "../../routing/affinity.ts";
import type { CallFeatures } from "../request/call-features.ts";
import type { Patience } from "../limits/store-patience.ts";
import { withinPatience } from "../limits/store-patience.ts";

interface KnownSessions {
  readonly affinity: Pick<Affinity, "load"> | null;
  readonly clock: Clock;
}

interface SessionCall extends Patience {
  readonly endpoint: Endpoint;
  readonly features: Pick<CallFeatures, "sessionId">;
}

/** null where there is nothing to wait for, as for every session that is known here. */
export function loadSession({ affinity, clock }: KnownSessions, call: SessionCall): Promise<void> | null {
  const { sessionId } = call.features;
  if (affinity === null || sessionId === null || call.endpoint === "count-tokens") return null;
  const loading = affinity.load(sessionId);
  return loading === null ? null : withinPatience(call, clock, loading);
}
