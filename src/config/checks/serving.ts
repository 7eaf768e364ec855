/** Whether keys, retries, streams and breakers make sense together. */
import type { Config } from "../schema.ts";
import { errorAt, repetitions, warningAt } from "./finding.ts";
import type { CheckFinding } from "./finding.ts";

/** Claude Code shows a banner after so much silence (https://code.claude.com/docs/en/errors). */
const clientPatienceMs = 20_000;

export function checkServing({ retries, stream, auth, breaker }: Config): readonly CheckFinding[] {
  const findings: CheckFinding[] = repetitions(auth.keys.map((key) => key.hash)).map(({ index }) =>
    errorAt(["auth", "keys", index, "hash"], "stands at an earlier key too"),
  );
  if (retries.baseDelayMs > retries.maxDelayMs) {
    findings.push(errorAt(["retries", "baseDelayMs"], "is above `maxDelayMs`"));
  }
  if (stream.pingAfterMs >= clientPatienceMs) {
    findings.push(warningAt(["stream", "pingAfterMs"], "is so long that Claude Code warns of a stalled answer (20 s)"));
  }
  if (breaker.failureThreshold > breaker.minimumCalls) {
    findings.push(
      warningAt(["breaker", "failureThreshold"], "is above `minimumCalls`: the share of failures counts first"),
    );
  }
  return findings;
}
