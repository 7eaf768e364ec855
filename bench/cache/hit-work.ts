/**
 * The processor time of hits, one by one: router and client in one thread, whose own time is read before and after each.
 * On a machine with other work a latency tells of that work; this tells how long a hit takes where nobody is in the way.
 */
import { connect } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startRouter } from "../../src/app/start.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { clientHeaders, messagesBody } from "../load/requests.ts";
import type { ProviderPorts } from "../rig/providers.ts";
import { benchProvider } from "../servers/ours.ts";

/** Microseconds of each of `count` hits, the client's share among them. */
export async function measureHitWork(providers: ProviderPorts, count: number): Promise<readonly number[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "ccr-bench-hits-"));
  const settings = {
    server: { port: 0 },
    providers: { whole: benchProvider(`http://127.0.0.1:${providers.wholePort}/v1`, "anthropic-messages", "m") },
    cache: { enabled: true },
  };
  const places = { environment: {}, stateFolder: folder, folder, readFile: () => undefined };
  const parsed = parseConfig(JSON.stringify(settings), places);
  if (parsed.kind === "bad") throw new Error(JSON.stringify(parsed.problems));
  const router = await startRouter({ config: parsed.config, configPath: null, environment: {}, logger: silentLogger });
  const socket = connect(router.port, "127.0.0.1");
  await once(socket, "connect");
  const body = messagesBody("whole/m", 1_024, false);
  const lines = Object.entries(clientHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join("")}content-length: ${body.length}\r\n\r\n`;
  const request = Buffer.from(head + body);
  const times: number[] = [];
  for (let turn = 0; turn < count * 2; turn++) {
    const before = process.threadCpuUsage();
    socket.write(request);
    await once(socket, "data");
    const { user, system } = process.threadCpuUsage(before);
    // The first half makes the code warm.
    if (turn >= count) times.push(user + system);
  }
  socket.destroy();
  await router.close();
  rmSync(folder, { recursive: true, force: true });
  return times;
}
