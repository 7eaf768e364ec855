import { createSocketUpstream } from "./upstream-socket.ts";
import { testUpstreamTls } from "./upstream-tls.conformance.ts";
import { testUpstream } from "./upstream.conformance.ts";

testUpstream("sockets", createSocketUpstream);
testUpstreamTls("sockets", createSocketUpstream);
