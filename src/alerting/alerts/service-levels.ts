/** Does an error budget burn too fast? Two windows each: the long one shows that it matters, the short one that it goes on. */
import type { AlertDefinition, AlertGroup, RuleContext } from "../alert-definition.ts";
import { burnAlerts, formatNumber, serviceLevelTable } from "../service-levels.ts";
import type { BurnAlert, BurnWindow, ServiceLevel } from "../service-levels.ts";

export const serviceLevelAlerts: AlertGroup = {
  name: "service_levels",
  alerts: serviceLevelTable.flatMap((level) => burnAlerts.map((burn) => toAlert(level, burn))),
};

function toAlert(level: ServiceLevel, { suffix, windows }: BurnAlert): AlertDefinition {
  const isFast = suffix === "FastBurn";
  const silencedByFast = { by: `${level.alertPrefix}FastBurn`, equal: ["slo"] };
  return {
    name: `${level.alertPrefix}${suffix}`,
    severity: isFast ? level.fastSeverity : "warning",
    team: level.team,
    dashboard: "slos",
    for: "0m",
    expr: (context) => windows.map((window) => burnCondition(level, window, context)).join("\nor "),
    summary: isFast
      ? `The error budget of ${level.slo} burns fast`
      : `The error budget of ${level.slo} will not last thirty days`,
    description: windows.map((window) => describeBurn(level, window)).join(" Or: "),
    variants: windows.map((window) => ({
      labels: { long_window: window.long },
      expr: (context) => burnCondition(level, window, context),
      description: describeBurn(level, window),
    })),
    ...(isFast ? {} : { silenced: [silencedByFast] }),
  };
}

function describeBurn({ breach }: ServiceLevel, { long, burnRate }: BurnWindow): string {
  return `In ${long}, {{ $value | humanizePercentage }} ${breach}: more than ${burnRate} times what the objective allows.`;
}

function burnCondition(level: ServiceLevel, { long, short, burnRate }: BurnWindow, context: RuleContext): string {
  const selector = `{slo="${level.slo}"}`;
  const bound = `${burnRate} * ${formatNumber(level.budget(context.levels))}`;
  const ratio = (window: string): string => `slo:error_ratio:rate${window}${selector} > ${bound}`;
  const hour = context.span("1h");
  const calls =
    long === "1h"
      ? `slo:calls:increase1h${selector}`
      : `sum_over_time(slo:calls:increase1h${selector}[${context.span(long)}:${hour}])`;
  const guard = `${calls} >= ${context.limits.sloMinimumCalls}`;
  const conditions = [ratio(long), ratio(short), ...(level.countsCalls ? [guard] : [])];
  return conditions.join("\nand ");
}
