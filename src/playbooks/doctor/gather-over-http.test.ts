import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createRouterClient } from "../router-http.ts";
import { gatherDoctorFigures } from "./gather-over-http.ts";

test("a list that the router answers with an error is not known, and never empty; nor is it called a refused key", async () => {
  let bodies: Readonly<Record<string, unknown>> = {
    "/livez": { program: "claude-code-router" },
    "/api/overview": { activity: { steps: [] } },
    "/api/providers/health": [{ name: "groq" }],
    "/api/budgets": { budgets: [] },
  };
  const server = createServer((request, response) => {
    const body = bodies[request.url!.split("?")[0]!];
    response.statusCode = body === undefined ? 503 : 200;
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const router = createRouterClient({ url: `http://127.0.0.1:${port}`, key: "k", isAdminKey: true });
  try {
    const wait = (): Promise<void> => Promise.resolve();
    const { operator } = await gatherDoctorFigures({ router, watchMs: 0, local: null, nowMs: () => 0, wait });
    const { "/api/overview": _, ...rest } = bodies;
    bodies = rest;
    const failed = await gatherDoctorFigures({ router, watchMs: 0, local: null, nowMs: () => 0, wait });
    const reason = "/api/overview answers 503";
    assert.deepEqual([failed.operator, failed.operatorLack], [null, { kind: "failed", reason }]);
    assert.deepEqual([operator?.providers, operator?.budgets, operator?.alerts], [[{ name: "groq" }], [], null]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
