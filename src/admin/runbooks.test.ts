import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../core/errors/errors.ts";
import type { AdminRequest } from "./admin-route.ts";
import { runbookRoutes } from "./runbooks.ts";

const read = async (alert: string) => runbookRoutes()[0]!.handle({} as AdminRequest, { alert });

test("a notification's link shows the alert's runbook as text", async () => {
  const { status, contentType, body } = await read("ServiceDown");
  assert.deepEqual([status, contentType], [200, "text/plain; charset=utf-8"]);
  assert.ok(typeof body === "string" && body.startsWith("# ServiceDown\n"));
});

test("a name that no alert has, and one that leads out of the folder, are not found", async () => {
  for (const name of ["NoSuchAlert", "../errors", "..%2ferrors", ""]) {
    await assert.rejects(read(name), (error) => error instanceof GatewayError && error.code === "caller_not_found");
  }
});
