/**
 * Installs the peers from npm into a folder outside the repository, once: $CCR_BENCH_HOME, else below the system's
 * temporary folder.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

interface Peer {
  readonly package: string;
  readonly version: string;
  readonly overrides?: Readonly<Record<string, string>>;
}

const peers: Readonly<Record<"portkey" | "claude-code-router", Peer>> = {
  portkey: {
    package: "@portkey-ai/gateway",
    version: "1.15.2",
    // Its streams fail with the newer versions of these that npm would choose.
    overrides: { "@hono/node-server": "1.13.8", hono: "4.9.7" },
  },
  "claude-code-router": { package: "@musistudio/claude-code-router", version: "2.0.0" },
};

/** The folder that holds the peer in its `node_modules`. Throws when npm cannot install it. */
export function installPeer(name: keyof typeof peers): string {
  const peer = peers[name];
  const home = process.env["CCR_BENCH_HOME"] ?? path.join(os.tmpdir(), "ccr-bench");
  const folder = path.join(home, `${name}-${peer.version}`);
  const marker = path.join(folder, "installed");
  if (existsSync(marker)) return folder;
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { [peer.package]: peer.version }, overrides: peer.overrides };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 120_000,
  });
  writeFileSync(marker, "");
  return folder;
}
