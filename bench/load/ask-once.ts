/** One call by itself, on a connection of its own. */
import http from "node:http";
import type { RequestTarget } from "../servers/server.ts";
import { messagesBody } from "./requests.ts";

/** Resolves with the end of a whole answer. Rejects with Error where its status is not 200. */
export function askOnce(target: RequestTarget): Promise<void> {
  const body = messagesBody(target.model, 1_024, false);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        port: target.port,
        host: "127.0.0.1",
        method: "POST",
        path: target.path,
        agent: false,
        headers: target.headers,
      },
      (response) => {
        response.resume();
        response.once("end", () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`first answer: status ${response.statusCode}`));
        });
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}
