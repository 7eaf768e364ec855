/** The yardstick: nginx as a reverse proxy with kept-alive connections to the provider. No keys, no records, no parsing. */
import { clientHeaders } from "../load/requests.ts";
import { serverCore } from "../rig/children.ts";
import { startNginx } from "../rig/nginx.ts";
import { findFreePort } from "../rig/ports.ts";
import type { ServerDefinition } from "./server.ts";

export const nginx: ServerDefinition = {
  name: "nginx",
  label: "nginx proxy_pass",
  start: async (providers) => {
    const port = await findFreePort();
    const child = await startNginx(
      "proxy",
      port,
      serverCore,
      proxyBlock(port, providers.wholePort, providers.streamPort),
    );
    return {
      name: "nginx",
      pid: child.pid,
      target: (kind) => ({
        port,
        path: kind === "stream" ? "/stream/v1/messages" : kind === "whole" ? "/v1/messages" : "/v1/chat/completions",
        headers: { ...clientHeaders, "x-api-key": "sk-bench" },
        model: "claude-sonnet-5",
      }),
      output: () => child.output(),
      stop: () => child.stop(),
    };
  },
};

function proxyBlock(port: number, wholePort: number, streamPort: number): string {
  return `upstream whole { server 127.0.0.1:${wholePort}; keepalive 512; keepalive_requests 1000000000; }
  upstream stream { server 127.0.0.1:${streamPort}; keepalive 512; keepalive_requests 1000000000; }
  proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_buffering off; proxy_read_timeout 600s;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://whole; }
    location /stream/ { proxy_pass http://stream/; }
  }`;
}
