/**
 * `ccr restart`: stops the router and starts it anew. What a start may trip over is checked first: a router that works is not
 * stopped for one that cannot start.
 */
import { createServer } from "node:net";
import { once } from "node:events";
import { keysOf, requireKeysBeyondLoopback } from "../../app/runtime/keys-of.ts";
import type { Config } from "../../config/schema.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { findInstance } from "../instance/find-instance.ts";
import type { Instance } from "../instance/find-instance.ts";
import { sameSettings } from "../instance/instance.ts";
import { loadSettings } from "../instance/load-settings.ts";
import { listenError } from "../instance/listen-error.ts";
import type { ServeOptions } from "../instance/serve-options.ts";
import { stopInstance } from "../instance/stop-instance.ts";
import { run as start } from "./start.ts";

export interface RestartArguments extends ServeOptions {
  readonly json?: boolean;
}

export async function run(context: CommandContext, given: RestartArguments): Promise<number> {
  const instance = findInstance(stateFolder(context));
  // What it ran with goes on, unless the command line says otherwise.
  const options = { ...(instance === null ? {} : sameSettings(instance)), ...given };
  const here = instance === null ? context : { ...context, folder: instance.folder };
  const { config } = loadSettings(here, options);
  if (instance !== null) {
    await checkStart(config, instance);
    await stopInstance(context, instance);
  }
  return start(here, options);
}

/** Throws where the keys cannot be read or are missing, and where the address is not to be had. */
async function checkStart(config: Config, running: Instance): Promise<void> {
  const { hasKeys } = await keysOf(config);
  requireKeysBeyondLoopback(config, hasKeys);
  const { host, port } = config.server;
  const probe = createServer();
  try {
    // Its own port is free once it has stopped.
    await once(probe.listen({ host, port: port === running.port ? 0 : port }), "listening");
  } catch (error) {
    throw (await listenError(error, { host, port })) ?? error;
  } finally {
    probe.close();
  }
}
