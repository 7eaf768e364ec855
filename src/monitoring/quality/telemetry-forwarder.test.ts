import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { silentLogger } from "../../core/log/logging.ts";
import { TelemetryForwarder } from "./telemetry-forwarder.ts";
import { TelemetryReceiver } from "./telemetry-receiver.ts";

test("a client's telemetry reaches the collector unchanged, metrics and traces too", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { "content-type": type } = request.headers;
      seen.push([request.url, type, Buffer.concat(chunks).toString()].join(" "));
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const forwarder = new TelemetryForwarder(endpoint, silentLogger);
  const receiver = new TelemetryReceiver(() => undefined, forwarder, silentLogger);
  for (const path of ["/v1/metrics", "/v1/logs"]) {
    receiver.receive({ path, contentType: "application/json", body: Buffer.from("{}") });
  }
  await forwarder.close();
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(seen.sort(), ["/v1/logs application/json {}", "/v1/metrics application/json {}"]);
  assert.equal(forwarder.dropped, 0);
  receiver.receive({ path: "/v1/logs", contentType: undefined, body: Buffer.from("{}") });
  await forwarder.close();
  assert.equal(forwarder.dropped, 1);
});
