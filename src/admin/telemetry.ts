/**
 * Receives clients' own telemetry (OTLP/HTTP). Open: what counts in it names ids that only a client of this router
 * knows, and a client that were refused would tell its user of an error. Always 200, whatever comes.
 */
import type { TelemetryRequest } from "../monitoring/quality/telemetry-event.ts";
import type { TelemetryAnswer } from "../monitoring/quality/telemetry-receiver.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "./admin-route.ts";

export interface TelemetrySource {
  receive(request: TelemetryRequest): TelemetryAnswer;
}

const nothing = Buffer.alloc(0);

/** Bodies that are read whatever else is on its way. Clients' own are hardly larger. */
const smallBytes = 65_536;

/**
 * Larger ones at a time, and compressed ones, which may be: nobody needs a key to send them, and those that never end stay
 * in memory for minutes.
 */
const largeAtOnce = 32;

export function telemetryRoutes(source: TelemetrySource): readonly AdminRoute[] {
  let large = 0;
  const receive = async (request: AdminRequest): Promise<Buffer> => {
    const isPlain = request.header("content-encoding") === undefined;
    const isSmall = isPlain && Number(request.header("content-length") ?? Infinity) <= smallBytes;
    if (!isSmall && large >= largeAtOnce) return nothing;
    const places = isSmall ? 0 : 1;
    large += places;
    // A body that is too large or cannot be unpacked is taken for an empty one.
    const body = await request.body().catch(() => nothing);
    large -= places;
    return body;
  };
  const handle = async (request: AdminRequest): Promise<AdminAnswer> => {
    const contentType = request.header("content-type");
    const body = await receive(request);
    return source.receive({ path: request.path, contentType, body });
  };
  return ["/v1/logs", "/v1/metrics", "/v1/traces"].map((path) => ({ method: "POST", path, access: "open", handle }));
}
