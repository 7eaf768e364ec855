/** A folder with a configuration, and the router that is started there in the background. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { runCli } from "../../test/kit/run-cli.ts";
import type { CliRun } from "../../test/kit/run-cli.ts";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";
import type { Instance } from "./instance/find-instance.ts";

interface Place {
  readonly folder: string;
  readonly stateFile: string;
  readonly run: (...args: readonly string[]) => Promise<CliRun>;
}

/** A folder with a configuration that needs nobody, whose router is stopped after the test. */
export function place(t: TestContext, port = 0): Place {
  // Hooks run in the order of their making: the router must end before its folder goes.
  const run = (...args: readonly string[]): Promise<CliRun> => runCli(args, { folder });
  t.after(async () => {
    await run("stop");
  });
  const folder = createTemporaryFolder(t);
  writeFileSync(
    join(folder, "ccr.yaml"),
    `server: { port: ${port} }\nproviders: { openai: { apiKey: k, models: [some-model] } }\n`,
  );
  return { folder, stateFile: join(folder, "state/router.json"), run };
}

/** Starts the router of a place; answers what the start says of it. */
export async function startJson(
  { run }: Place,
  ...args: readonly string[]
): Promise<Instance & { started: boolean; url: string }> {
  const { exitCode, stdout, stderr } = await run("start", "--json", ...args);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout) as Instance & { started: boolean; url: string };
}
