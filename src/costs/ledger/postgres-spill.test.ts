/** Rows wait on disk while PostgreSQL is away or locked, and follow once. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, connect as connectSocket } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { test } from "node:test";
import { Client } from "pg";
import { createTestRecord } from "./test-record.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { countCalls, inPlace, skip, url } from "./postgres/test-postgres-place.ts";

/** A door to the database that can be shut and opened again. */
async function createDoor(): Promise<{ url: string; shut(): Promise<void>; reopen(): Promise<void> }> {
  const { hostname, port: realPort, ...rest } = toParts(url);
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    const upstream = connectSocket(Number(realPort || 5432), hostname);
    sockets.add(socket).add(upstream);
    for (const end of [socket, upstream]) end.on("error", () => undefined);
    socket.pipe(upstream).pipe(socket);
  };
  let server: Server = createServer(accept);
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: rest.withAddress(`127.0.0.1:${port}`),
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await closed;
    },
    async reopen() {
      server = createServer(accept);
      await listen(server, port);
    },
  };
}

function toParts(text: string): { hostname: string; port: string; withAddress(address: string): string } {
  const { hostname, port } = new URL(text);
  const withAddress = (address: string): string => {
    const changed = new URL(text);
    changed.host = address;
    return changed.href;
  };
  return { hostname, port, withAddress };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
}

test("postgres: rows wait on disk while the database is away, survive a restart, and follow once", { skip }, () =>
  inPlace(async (place) => {
    const door = await createDoor();
    const first = place.open(door.url);
    first.append(createTestRecord({ id: "req_before" }));
    assert.equal(await first.flush(), true);
    await door.shut();
    for (let call = 0; call < 450; call++) first.append(createTestRecord({ id: `req_${call}` }));
    assert.equal(await first.flush(), false);
    const { state, spilledRows, waitingRows, lostRows } = first.health();
    assert.deepEqual([state, spilledRows, waitingRows, lostRows], ["degraded", 450, 0, 0]);
    await assert.rejects(first.records({}));
    await first.close();

    const second = place.open(door.url);
    second.append(createTestRecord({ id: "req_after" }));
    second.append(createTestRecord({ id: "req_17" })); // handed over again by whoever was not sure
    assert.equal(await second.flush(), false);
    assert.equal(second.health().spilledRows, 452);
    await door.reopen();
    await waitUntil("all is written", () => second.flush());
    assert.deepEqual([second.health().state, second.health().spilledRows], ["ok", 0]);
    assert.equal(await countCalls(second), 452);
    await second.close();
    await door.shut();
  }),
);

test(
  "postgres: an end does not wait for a lock of another session; what it held up follows at the next start",
  { skip },
  () =>
    inPlace(async (place) => {
      const first = place.open();
      first.append(createTestRecord({ id: "req_before" }));
      assert.equal(await first.flush(), true);
      const other = new Client({ connectionString: url });
      await other.connect();
      await other.query(`BEGIN; LOCK TABLE ${place.schema}.calls IN ACCESS EXCLUSIVE MODE`);
      // More than there are connections, so that some wait for one.
      const asked = Array.from({ length: 8 }, () => assert.rejects(first.records({})));
      first.append(createTestRecord({ id: "req_held_up" }));
      const startedMs = performance.now();
      await first.close();
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 15_000, `the end took ${tookMs} ms`);
      await Promise.all(asked);
      await other.query("COMMIT");
      await other.end();

      const second = place.open();
      await waitUntil("all is written", () => second.flush());
      assert.equal(await countCalls(second), 2);
      await second.close();
    }),
);

test("postgres: a spill file cut off in the middle of a line loses that line only", { skip }, () =>
  inPlace(async (place) => {
    const line = JSON.stringify(createTestRecord({ id: "req_whole" }));
    writeFileSync(place.spillPath, `${line}\nnot json\n${line.slice(0, 100)}`);
    const ledger = place.open();
    assert.equal(await ledger.flush(), true);
    assert.equal(await countCalls(ledger), 1);
    await ledger.close();
  }),
);
