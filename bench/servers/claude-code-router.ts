/** claude-code-router 2.0.0, from npm, with its pass-through for Anthropic's dialect where both sides speak it. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { clientHeaders } from "../load/requests.ts";
import { installPeer } from "../peers/install.ts";
import { createRunFolder, serverCore, startChild } from "../rig/children.ts";
import { findFreePort, waitForPort } from "../rig/ports.ts";
import type { Providers } from "../rig/providers.ts";
import type { ServerDefinition } from "./server.ts";

export const claudeCodeRouter: ServerDefinition = {
  name: "claude-code-router",
  label: "claude-code-router 2.0.0",
  start: async (providers) => {
    const folder = installPeer("claude-code-router");
    const port = await findFreePort();
    const home = createRunFolder("peer-home");
    const settings = path.join(home, ".claude-code-router");
    mkdirSync(settings);
    writeFileSync(path.join(settings, "config.json"), JSON.stringify(peerConfig(port, providers)));
    const program = path.join(folder, "node_modules/@musistudio/claude-code-router/dist/cli.js");
    const child = startChild(process.execPath, [program, "start"], { core: serverCore, env: { HOME: home } });
    if (!(await waitForPort(port, 15_000, () => child.process.exitCode !== null))) {
      throw new Error(`claude-code-router did not start: ${child.output().slice(-300)}`);
    }
    return {
      name: "claude-code-router",
      pid: child.pid,
      target: (kind) => ({
        port,
        path: "/v1/messages",
        headers: { ...clientHeaders, "x-api-key": "sk-bench" },
        model: `${kind},claude-sonnet-5`,
      }),
      output: () => child.output(),
      stop: () => child.stop(),
    };
  },
};

function peerConfig(port: number, providers: Providers): object {
  const provider = (name: string, providerPort: number): object => ({
    name,
    api_base_url: `http://127.0.0.1:${providerPort}/v1/messages`,
    api_key: "sk-bench",
    models: ["claude-sonnet-5"],
    transformer: { use: ["Anthropic"] },
  });
  return {
    PORT: port,
    HOST: "127.0.0.1",
    APIKEY: "sk-bench",
    LOG: false,
    NON_INTERACTIVE_MODE: true,
    Providers: [
      provider("whole", providers.wholePort),
      provider("stream", providers.streamPort),
      {
        name: "translated",
        api_base_url: `http://127.0.0.1:${providers.wholePort}/v1/chat/completions`,
        api_key: "sk-bench",
        models: ["claude-sonnet-5"],
      },
    ],
    Router: { default: "whole,claude-sonnet-5" },
  };
}
