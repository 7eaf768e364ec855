/** No server: the load asks the provider itself. What is left is what every server's figures contain. */
import { clientHeaders } from "../load/requests.ts";
import type { ServerDefinition } from "./server.ts";

export const direct: ServerDefinition = {
  name: "direct",
  label: "direct",
  start: (providers) =>
    Promise.resolve({
      name: "direct",
      pid: null,
      target: (kind) => ({
        port: kind === "stream" ? providers.streamPort : providers.wholePort,
        path: kind === "translated" ? "/v1/chat/completions" : "/v1/messages",
        headers: { ...clientHeaders, "x-api-key": "sk-bench" },
        model: "claude-sonnet-5",
      }),
      output: () => "",
      stop: () => Promise.resolve(),
    }),
};
