import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { adminRoutes } from "../../src/app/operators/admin-routes.ts";
import type { AdminParts } from "../../src/app/operators/admin-routes.ts";

/** What clients call, besides the operators' routes. */
const clientPaths = [
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "POST /v1/chat/completions",
  "GET /v1/models",
  "GET /v1/models/{id}",
  "HEAD /",
  "HEAD /api/hello",
];

/** Stands for running parts that are only looked at when a request comes. */
function anything(): unknown {
  return new Proxy(() => undefined, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => "" : anything()),
    apply: anything,
  });
}

test("docs/architecture.md lists every endpoint, and none that is not there", () => {
  const routes = adminRoutes(anything() as AdminParts).map(({ method, path }) => `${method} ${path}`);
  const page = readFileSync(join(import.meta.dirname, "../../docs/architecture.md"), "utf8");
  const listed = [...page.matchAll(/`((?:GET|POST|PUT|DELETE|HEAD) \/[^`]*)`/g)].map((match) => match[1]!);
  const mend =
    "a line with + has no route (src/app/operators/admin-routes.ts), one with - no row in docs/architecture.md";
  assert.deepEqual(new Set(listed), new Set([...routes, ...clientPaths]), mend);
});
