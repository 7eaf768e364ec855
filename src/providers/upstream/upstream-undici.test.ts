import { createUndiciUpstream } from "./upstream-undici.ts";
import { testUpstreamTls } from "./upstream-tls.conformance.ts";
import { testUpstream } from "./upstream.conformance.ts";

testUpstream("undici", (options) => createUndiciUpstream({ ...options, proxy: null }));
testUpstreamTls("undici", (options) => createUndiciUpstream({ ...options, proxy: null }));
