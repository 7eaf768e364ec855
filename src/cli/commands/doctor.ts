/** `ccr doctor`: the comprehensive health check of a running router. */
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gatherDoctorFigures } from "../../playbooks/doctor/gather-over-http.ts";
import { judgeHealth } from "../../playbooks/doctor/judge-health.ts";
import { scoreOf } from "../../playbooks/finding.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { readWatch } from "../arguments/read-span.ts";
import { routerToAsk } from "../asking/router-to-ask.ts";
import type { RouterArguments } from "../asking/router-to-ask.ts";
import { reportFindings } from "../tell-findings.ts";

export interface DoctorArguments extends RouterArguments {
  readonly watch: string;
}

export async function run(context: CommandContext, given: DoctorArguments): Promise<number> {
  const watchMs = readWatch("--watch", given.watch);
  const { client, settings, pid } = routerToAsk(context, given);
  context.notes.progress(`looking at ${client.url} for ${given.watch} …`);
  const figures = await gatherDoctorFigures({
    router: client,
    watchMs,
    local:
      settings === null
        ? null
        : {
            folders: [
              settings.stateFolder,
              dirname(settings.config.ledger.sqlitePath),
              dirname(settings.config.logging.file),
            ],
            logFile: settings.config.logging.file,
            isOwn: pid !== null,
          },
    nowMs: () => Date.now(),
    wait,
  });
  context.notes.progress("");
  const findings = judgeHealth(figures);
  const score = scoreOf(findings, figures.awayReason === null);
  return reportFindings(context, findings, given.json === true, { score });
}
