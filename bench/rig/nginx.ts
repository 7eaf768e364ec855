/** nginx as one process in the foreground: the simulated provider of whole answers, and the yardstick proxy. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createRunFolder, startChild } from "./children.ts";
import type { Child } from "./children.ts";
import { waitForPort } from "./ports.ts";

/** Starts nginx with the given lines of its `http` block, which must listen on `port`. */
export async function startNginx(name: string, port: number, core: number, httpBlock: string): Promise<Child> {
  const folder = createRunFolder(name);
  const file = path.join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => {
    mkdirSync(path.join(folder, kind));
    return `${kind}_temp_path ${path.join(folder, kind)};`;
  });
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${path.join(folder, "pid")}; error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
  access_log off; default_type application/json; ${temporary.join(" ")}
  client_max_body_size 64m; client_body_buffer_size 33m; keepalive_requests 1000000000; keepalive_timeout 600s;
  ${httpBlock}
}
`,
  );
  const child = startChild("nginx", ["-p", folder, "-e", "stderr", "-c", file], { core });
  const isUp = await waitForPort(port, 5_000, () => child.process.exitCode !== null);
  if (!isUp) throw new Error(`nginx did not start: ${child.output().slice(-500)}`);
  return child;
}
