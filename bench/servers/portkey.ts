/** Portkey's gateway, from npm. Its Anthropic endpoint is asked for an Anthropic provider by headers. */
import { clientHeaders } from "../load/requests.ts";
import { installPeer } from "../peers/install.ts";
import { serverCore, startChild } from "../rig/children.ts";
import { findFreePort, waitForPort } from "../rig/ports.ts";
import type { ServerDefinition } from "./server.ts";

export const portkey: ServerDefinition = {
  name: "portkey",
  label: "Portkey gateway 1.15.2",
  start: async (providers) => {
    const folder = installPeer("portkey");
    const port = await findFreePort();
    const program = "node_modules/@portkey-ai/gateway/build/start-server.js";
    const child = startChild(process.execPath, [program, `--port=${port}`, "--headless"], {
      core: serverCore,
      cwd: folder,
      env: { NODE_ENV: "production" },
    });
    if (!(await waitForPort(port, 15_000, () => child.process.exitCode !== null))) {
      throw new Error(`Portkey did not start: ${child.output().slice(-300)}`);
    }
    return {
      name: "portkey",
      pid: child.pid,
      target: (kind) => {
        // Its `/v1/messages` answers for Anthropic's providers only.
        if (kind === "translated") return null;
        const providerPort = kind === "stream" ? providers.streamPort : providers.wholePort;
        const headers = {
          ...clientHeaders,
          authorization: "Bearer sk-bench",
          "x-portkey-provider": "anthropic",
          "x-portkey-custom-host": `http://127.0.0.1:${providerPort}/v1`,
        };
        return { port, path: "/v1/messages", headers, model: "claude-sonnet-5" };
      },
      output: () => child.output(),
      stop: () => child.stop(),
    };
  },
};
