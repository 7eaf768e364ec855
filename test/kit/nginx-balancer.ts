/** nginx as a plain TCP balancer before several instances, as Debian ships it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";
import type { CleansUp } from "./temporary-folder.ts";
import { waitUntil } from "./wait-until.ts";

const streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";

/** Why there is no balancer here; false where there is. */
export const noBalancer: string | false = existsSync(streamModule) ? false : "no libnginx-mod-stream on this machine";

/** Answers the balancer's address. */
export async function startBalancer(t: CleansUp, ports: readonly number[]): Promise<string> {
  const port = await freePort();
  const folder = createTemporaryFolder(t);
  const file = join(folder, "nginx.conf");
  const servers = ports.map((one) => `server 127.0.0.1:${one} max_fails=1 fail_timeout=1s;`).join(" ");
  writeFileSync(
    file,
    `load_module ${streamModule};
daemon off; master_process off; pid ${join(folder, "pid")}; error_log stderr crit;
events { worker_connections 1024; }
stream {
  upstream instances { ${servers} }
  server { listen 127.0.0.1:${port}; proxy_pass instances; proxy_connect_timeout 1s; proxy_timeout 10m; }
}
`,
  );
  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", file], { stdio: "ignore" });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  await waitUntil("nginx listens", () => isOpen(port));
  return `http://127.0.0.1:${port}`;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}
