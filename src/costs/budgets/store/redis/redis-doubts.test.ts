/** Budgets in Redis against the ledger, whatever happens to the processes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { callsIn } from "./test-calls-in.ts";
import { skip, World } from "./test-processes.ts";
import type { TestProcess } from "./test-processes.ts";

const steps = [
  "begin", "begin", "begin", "end", "end", "end", "tick", "tick", "tick", "read", "settle", "spill", "take", "cut off", "reach",
  "reach", "kill", "kill written", "start", "start", "lose", "pass",
] as const; // prettier-ignore

interface Step {
  readonly process: 0 | 1;
  readonly name: (typeof steps)[number];
  /** Taken while a comparison waits for the ledger, instead of now. */
  readonly isMeanwhile: boolean;
}

async function take(world: World, { process, name }: Step): Promise<void> {
  const one = world.processes[process];
  if (name === "lose") return world.loseBucket();
  if (name === "pass") return world.clock.advanceMs(3_000);
  if (name === "tick") return world.tick();
  if (name === "start") return one.start();
  if (!one.isAlive()) return;
  if (name === "spill" || name === "take") one.spill(name === "spill");
  else if (name === "cut off" || name === "reach") one.cutOff(name === "cut off");
  else if (name === "kill" || name === "kill written") await one.kill(name === "kill written");
  else if (name === "begin" || name === "end" || name === "settle" || name === "read") await one[name]();
}

/**
 * The living end their calls and reach everybody; whoever is dead stays so, unless its disk has rows that the ledger lacks: as
 * long as they lie there, they hide as much of what Redis lacks. Buckets are used and looked at.
 */
async function settleAll(world: World): Promise<void> {
  world.meanwhile = null;
  for (const one of world.processes) if (one.leftNanoUsd() > 0) one.start();
  if (!world.processes.some((one) => one.isAlive())) world.processes[0].start();
  const living = world.processes.filter((one) => one.isAlive());
  for (const one of living) await one.finish();
  for (let round = 0; round < 8; round++) {
    await world.tick();
    for (const one of living) await one.read();
    await world.check();
  }
}

function story(title: string, tell: (world: World, one: TestProcess, other: TestProcess) => Promise<void>): void {
  void test(title, { skip }, async () => {
    const world = new World();
    const [one, other] = world.processes;
    one.start();
    other.start();
    try {
      await tell(world, one, other);
    } finally {
      await world.close();
    }
  });
}

/** Looks until a bucket that is used is compared: the cut, what stands before it, and once more when that is quiet. */
const comparisonTicks = 4;

/** Nothing is in doubt any more. */
async function calm(world: World, one: TestProcess): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await world.ticks(comparisonTicks);
    await one.read();
  }
}

story("a bucket that is never quiet gets what a killed process left in the ledger", async (world, one, other) => {
  await one.serve();
  await calm(world, one);
  await other.begin();
  await other.kill(true);
  for (let tick = 0; tick < comparisonTicks + 2; tick++) {
    await world.tick();
    await one.serve();
    world.clock.advanceMs(3_000);
  }
  assert.deepEqual(callsIn(await world.spentInRedis()), [0, 1, 2, 3, 4, 5, 6, 7]);
});

story("a bucket that nobody used for hours after the death gets it with its next use", async (world, one, other) => {
  await other.serve();
  await calm(world, one);
  await other.begin();
  await other.kill(true);
  await world.ticks(20);
  world.clock.advanceMs(3 * 3_600_000);
  assert.deepEqual(callsIn(await world.spentInRedis()), [0]);
  await one.read();
  await world.ticks(comparisonTicks);
  await world.hasAll();
});

story("rows that a process brings in when it starts again are compared then", async (world, one, other) => {
  await other.begin();
  await other.kill(false);
  await calm(world, one);
  assert.equal(await world.spentInRedis(), 0);
  other.start();
  await world.ticks(1);
  other.flush();
  await one.read();
  await world.ticks(comparisonTicks);
  assert.equal(await world.spentInRedis(), 1);
});

story("rows that were late hide nothing for good", async (world, one, other) => {
  await other.begin();
  await other.kill(true);
  one.spill(true);
  await one.serve(); // settled, and not in the ledger: Redis has more than the ledger
  other.start();
  await calm(world, other);
  assert.deepEqual(callsIn(await world.spentInRedis()), [1]);
  one.spill(false);
  await world.ticks(2);
  await other.read();
  await world.ticks(comparisonTicks);
  await world.hasAll();
});

story("what a second outage within a minute took along is compared too", async (world, one) => {
  const outage = async (): Promise<void> => {
    one.cutOff(true);
    await one.read();
    one.cutOff(false);
  };
  await one.serve();
  await calm(world, one);
  await outage();
  await calm(world, one);
  const before = await world.spentInRedis();
  await one.serve();
  await outage();
  await world.loseLastWrite((await world.spentInRedis()) - before);
  await world.pause(60_000);
  await calm(world, one);
  assert.deepEqual(callsIn(await world.spentInRedis()), [0, 1]);
});

story(
  "a settlement that waited while its bucket was set from the ledger is not charged again",
  async (world, one, other) => {
    await one.begin();
    one.cutOff(true);
    await one.end();
    await world.ticks(2);
    await other.read();
    await world.ticks(comparisonTicks);
    await world.hasAll();
    one.cutOff(false);
    await one.settle();
    await world.hasAll();
    await one.serve();
    await world.ticks(comparisonTicks);
    await world.hasAll();
  },
);

story("nor is one that comes between reading the ledger and setting the bucket", async (world, one, other) => {
  await one.begin();
  one.cutOff(true);
  await one.end();
  await world.ticks(2);
  await other.read();
  one.cutOff(false);
  world.meanwhile = () => one.settle();
  await world.ticks(comparisonTicks);
  await world.hasAll();
  assert.equal(world.meanwhile, null);
});

story("a call whose hold Redis lost is in its bucket all the same", async (world, one, other) => {
  await one.begin();
  await world.loseEverything();
  await other.read();
  await calm(world, other);
  await one.end();
  await world.ticks(1 + comparisonTicks);
  await world.hasAll();
  assert.equal(world.ledger.length, 1);
});

story("a bucket that Redis lost and got back charges no call again whose hold it kept", async (world, one, other) => {
  await one.begin();
  one.cutOff(true);
  await one.end();
  await world.loseBucket();
  await world.ticks(2);
  await other.read(); // from the ledger, with that call
  await world.hasAll();
  one.cutOff(false);
  await one.settle();
  await world.hasAll();
  await calm(world, other);
  await world.hasAll();
});

story("a bucket whose cap was gone for a while gets what was spent meanwhile", async (world, one, other) => {
  await one.serve();
  await calm(world, one);
  await one.serveWithoutCap();
  await world.ticks(1);
  await other.read();
  await other.serve();
  await world.ticks(comparisonTicks);
  await world.hasAll();
});

test("whatever happens, no call is charged twice, and in the end Redis has what the ledger has", { skip }, async () => {
  const step = fc.record({
    process: fc.constantFrom(0, 1),
    name: fc.constantFrom(...steps),
    isMeanwhile: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (taken) => {
      const world = new World();
      try {
        for (const one of world.processes) one.start();
        for (const next of taken) {
          if (next.isMeanwhile && next.name !== "tick") world.meanwhile = () => take(world, next);
          else await take(world, next);
          await world.check();
        }
        await settleAll(world);
        await world.hasAll();
      } finally {
        await world.close();
      }
    }),
    { numRuns: Number(process.env["CCR_PROPERTY_RUNS"] ?? 50) },
  );
});
