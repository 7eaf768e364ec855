import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import { loadConfig } from "../config/load.ts";
import { silentLogger } from "../core/log/logging.ts";
import { startRouter } from "./start.ts";
import type { StartOptions } from "./start.ts";

/** Options that read `text` from a file, and how often they were asked to read it again. */
function optionsFrom(folder: string, text: string): { readonly options: StartOptions; readonly reads: () => number } {
  const configPath = join(folder, "ccr.yaml");
  writeFileSync(configPath, text);
  const load = (): ReturnType<typeof loadConfig> => loadConfig({ environment: { CCR_HOME: folder }, folder });
  let reads = 0;
  const reloadConfig: StartOptions["reloadConfig"] = async () => {
    reads++;
    return load();
  };
  const { config } = load();
  return { options: { config, configPath, environment: {}, logger: silentLogger, reloadConfig }, reads: () => reads };
}

test("a router that could not listen watches its configuration no more", async (t) => {
  const folder = createTemporaryFolder(t);
  const first = optionsFrom(folder, "server: { port: 0 }\n");
  const router = await startRouter(first.options);
  t.after(() => router.close());
  const second = optionsFrom(folder, `server: { port: ${router.port} }\n`);
  await assert.rejects(startRouter(second.options), { code: "EADDRINUSE" });
  writeFileSync(join(folder, "ccr.yaml"), "server: { port: 0, bodyLimitBytes: 100000 }\n");
  await waitUntil("the file is read again", () => first.reads() > 0);
  await router.reload();
  assert.equal(second.reads(), 0);
});

test("a router with workers whose ledger cannot be opened leaves no folder for its socket behind", async (t) => {
  const folder = createTemporaryFolder(t);
  const { TMPDIR } = process.env;
  t.after(() => void (TMPDIR === undefined ? delete process.env["TMPDIR"] : (process.env["TMPDIR"] = TMPDIR)));
  process.env["TMPDIR"] = createTemporaryFolder(t);
  const { options } = optionsFrom(folder, "server: { port: 0, workers: 2 }\n");
  const ledger = { ...options.config.ledger, sqlitePath: folder };
  await assert.rejects(startRouter({ ...options, config: { ...options.config, ledger } }));
  assert.deepEqual(readdirSync(process.env["TMPDIR"]), []);
});
