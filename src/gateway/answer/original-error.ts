/** A provider's error answer in the shape of the client's own dialect: it passes as it is, clients recover by its wording. */
import type { UpstreamHeaders } from "../../providers/upstream/upstream.ts";

export interface OriginalError {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly body: Uint8Array;
}
