/** The simulated providers of a run: nginx for whole answers, an own lean program for streams. Both on the load's core. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chatAnswer, messagesAnswer } from "../load/requests.ts";
import { loadCore, startChild } from "./children.ts";
import { startNginx } from "./nginx.ts";
import { findFreePort } from "./ports.ts";

export interface ProviderPorts {
  /** Answers `/v1/messages` and `/v1/chat/completions` whole. */
  readonly wholePort: number;
  /** Answers everything with a stream in Anthropic's shape. */
  readonly streamPort: number;
}

export interface Providers extends ProviderPorts {
  /** How streams that begin from now on run: the time between two events and how many there are. */
  setStreamPace(pace: { readonly intervalMs: number; readonly deltas: number }): Promise<void>;
  stop(): Promise<void>;
}

export async function startProviders(): Promise<Providers> {
  const wholePort = await findFreePort();
  const whole = await startNginx("provider", wholePort, loadCore, wholeAnswers(wholePort));
  const streamFile = fileURLToPath(new URL("../load/stream-provider.ts", import.meta.url));
  const streams = startChild(process.execPath, [streamFile], { core: loadCore, hasChannel: true });
  const [{ port }] = (await once(streams.process, "message")) as [{ port: number }];
  return {
    wholePort,
    streamPort: port,
    setStreamPace: async (pace) => {
      const isPaced = once(streams.process, "message");
      streams.process.send(pace);
      await isPaced;
    },
    stop: async () => {
      await Promise.all([whole.stop(), streams.stop()]);
    },
  };
}

/**
 * A provider reads a whole request before it answers, `return` alone does not. `mirror` makes nginx do so; the file
 * that is looked for afterwards never exists, and the error page is the answer.
 */
function wholeAnswers(port: number): string {
  return `server {
    listen 127.0.0.1:${port} backlog=4096;
    root /nonexistent;
    add_header request-id req_bench always;
    location = /read-body { internal; return 204; }
    location = /v1/messages { mirror /read-body; error_page 404 405 =200 @messages; }
    location = /v1/chat/completions { mirror /read-body; error_page 404 405 =200 @chat; }
    location @messages { return 200 '${messagesAnswer}'; }
    location @chat { return 200 '${chatAnswer}'; }
  }`;
}
