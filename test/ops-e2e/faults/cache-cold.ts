import type { Fault } from "../fault.ts";
import { question } from "../stack.ts";

const cacheable = (call: number): object => ({ ...question(call), stream: false });

export const cacheCold: Fault = {
  name: "cache-cold",
  title: "everybody asks something new, and the answer cache never helps",
  alert: "LowCacheHitRate",
  settings: { cache: { enabled: true, scope: "all" } },
  // Nearly all from the cache, until the fault.
  load: { perSecond: 10, body: (call) => cacheable(call % 5) },
  calmSeconds: 5,
  inject: ({ load }) => load.change({ body: (call) => cacheable(call + 1000) }),
  mend: ({ load }) => load.change({ body: (call) => cacheable(call % 5) }),
};
