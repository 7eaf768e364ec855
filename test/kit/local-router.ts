/** The router in this process, on a free port, with a configuration written as in ccr.yaml. */
import { parseConfig } from "../../src/config/parse.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { startRouter } from "../../src/app/start.ts";
import type { RunningRouter } from "../../src/app/start.ts";
import type { CleansUp } from "./temporary-folder.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

export interface LocalRouter extends RunningRouter {
  readonly url: string;
}

/** Settings as in the file; the port is free and state goes to a temporary folder. Throws on a wrong configuration. */
export async function startLocalRouter(t: CleansUp, settings: object): Promise<LocalRouter> {
  const folder = createTemporaryFolder(t);
  const { server = {} } = settings as { server?: object };
  const text = JSON.stringify({ ...settings, server: { port: 0, ...server } });
  const parsed = parseConfig(text, { environment: {}, stateFolder: folder, folder, readFile: () => undefined });
  if (parsed.kind === "bad") throw new Error(JSON.stringify(parsed.problems));
  const router = await startRouter({ config: parsed.config, configPath: null, environment: {}, logger: silentLogger });
  t.after(() => router.close());
  return { ...router, url: `http://${router.host}:${router.port}` };
}
