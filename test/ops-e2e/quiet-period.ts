/** The other half of the proof: while all is well and people work, nothing is heard but the watchdog. */
import { messageOf } from "../../src/core/errors/message-of.ts";
import { Cleaners } from "./cleaners.ts";
import type { FaultResult, Progress } from "./prove-fault.ts";
import { pause, refuseOthers } from "./prove-fault.ts";
import { question, startStack, timeScale } from "./stack.ts";

export const quietPeriodName = "quiet-period";

/** Longer than the longest `for` but the certificates' hour, and than nearly all windows of the rules. */
const lengthSeconds = 150;

export async function proveQuiet(progress: Progress): Promise<FaultResult> {
  const base = {
    fault: quietPeriodName,
    alert: "none",
    allowedSeconds: lengthSeconds,
    deliveredAfterSeconds: null,
    resolvedAfterSeconds: null,
    consequences: [],
  };
  const t = new Cleaners();
  let result: FaultResult;
  try {
    const stack = await startStack(t, {
      needsRedis: true,
      settings: {
        cache: { enabled: true, scope: "all" },
        budgets: { caps: [{ scope: "all", daily: 100, monthly: 1000 }] },
      },
      nodeExporterArgs: ["--collector.disable-defaults", "--collector.filesystem"],
      load: { perSecond: 10, body: (call) => question(call % 40 < 25 ? call % 40 : call) },
    });
    await stack.inbox.wait("Watchdog", "firing", performance.now(), 60_000);
    progress(
      quietPeriodName,
      `${lengthSeconds} s under load, ${(lengthSeconds * timeScale) / 60} min of the rules' time`,
    );
    await pause(lengthSeconds);
    refuseOthers(stack, [], "although all was well");
    const { "200": answered = 0, ...others } = stack.load.counts();
    if (Object.keys(others).length > 0) throw new Error(`calls failed by themselves: ${JSON.stringify(others)}`);
    progress(quietPeriodName, `${answered} calls answered, nothing heard`);
    result = { ...base, outcome: "proven", reason: null };
  } catch (error) {
    result = { ...base, outcome: "failed", reason: messageOf(error) };
  }
  await t.clean();
  return result;
}
