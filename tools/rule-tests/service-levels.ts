/** Rule tests of the objectives: the same stories for each, and its edges for the first. */
import { availability, cost, firstByte, overhead, seriesOf, smallService } from "./burn-stories.ts";
import type { Subject } from "./burn-stories.ts";
import { boundary, fires, recovers, router, series, silent } from "./scenario.ts";
import type { LabelSet, Scenario } from "./scenario.ts";

const hours = 60;

function fastScenarios(subject: Subject, percentage: string): readonly Scenario[] {
  const alert = `${subject.prefix}FastBurn`;
  const overHour = { slo: subject.slo, long_window: "1h" };
  const overSixHours = { slo: subject.slo, long_window: "6h" };
  return [
    {
      alert,
      title: "fires when 14.4 times the promise holds for an hour, until five minutes are better",
      // 15 is still too much, 13.5 no more.
      series: seriesOf(subject, [
        [0, 6 * hours],
        [17, 60],
        [15, 10],
        [13.5, 10],
        [0, 40],
      ]),
      checks: [
        silent("6h"),
        boundary("413m"),
        fires("414m", overHour),
        fires("429m", overHour),
        recovers("437m"),
        silent("460m"),
      ],
      texts: {
        at: "420m",
        labels: overHour,
        summary: `The error budget of ${subject.slo} burns fast`,
        description: `In 1h, ${percentage} ${subject.breach}: more than 14.4 times what the objective allows.`,
      },
    },
    {
      alert,
      title: "fires when 6 times the promise holds for six hours, until half an hour is better",
      series: seriesOf(subject, [
        [0, 6 * hours],
        [7, 6 * hours],
        [0, 60],
      ]),
      checks: [
        silent("7h"),
        boundary("671m"),
        fires("672m", overSixHours),
        fires("726m", overSixHours),
        recovers("727m"),
      ],
    },
  ];
}

function slowScenarios(subject: Subject): readonly Scenario[] {
  const alert = `${subject.prefix}SlowBurn`;
  const overDay = { slo: subject.slo, long_window: "1d" };
  const overThreeDays = { slo: subject.slo, long_window: "3d" };
  return [
    {
      alert,
      title: "fires when 3 times the promise holds for a day, or once for three, until two or six hours are better",
      series: seriesOf(subject, [
        [0, 72 * hours],
        [3.5, 24 * hours],
        [0, 12 * hours],
      ]),
      checks: [
        silent("83h"),
        boundary("5555m"),
        boundary("5560m", overDay, overThreeDays),
        fires("96h15m", overDay, overThreeDays),
        recovers("96h25m", overThreeDays),
        fires("100h", overThreeDays),
        recovers("101h"),
      ],
    },
  ];
}

function guardScenarios(subject: Subject, kind: "Fast" | "Slow"): readonly Scenario[] {
  if (!subject.countsCalls) return [];
  const alert = `${subject.prefix}${kind}Burn`;
  const over = (window: string): LabelSet => ({ slo: subject.slo, long_window: window });
  return [
    {
      alert,
      title: "needs sixty calls: 57 that fail are silent",
      series: smallService(subject, [57, 1], [0, 3]),
      checks: [silent("50m"), boundary("60m"), silent("75m"), silent("90m"), silent("2h")],
    },
    {
      alert,
      title: "needs sixty calls: 60 that fail are enough",
      series: smallService(subject, [60, 1], [0, 3]),
      checks:
        kind === "Fast"
          ? [silent("50m"), boundary("60m", over("1h"), over("6h")), fires("75m", over("6h")), recovers("2h")]
          : [silent("50m"), boundary("60m", over("1d"), over("3d")), fires("90m", over("1d"), over("3d"))],
    },
    kind === "Fast"
      ? {
          alert,
          title: "counts the calls of one hour and of six",
          // With both ends of the window, six hours have seven hours' counts: 56, later 64.
          series: smallService(subject, [8, 9], [12, 3], [40, 3]),
          checks: [boundary("9h"), fires("11h", over("6h")), boundary("15h", over("6h"))],
        }
      : {
          alert,
          title: "counts the calls of a day and of three",
          // Three days: 58 at 76h, 73 at 86h. A day: 57 at 102h, 61 at 108h.
          series: smallService(subject, [0.8, 76], [2.3, 26], [3, 6]),
          checks: [
            boundary("76h"),
            fires("86h", over("3d")),
            boundary("102h", over("3d")),
            fires("108h", over("1d"), over("3d")),
          ],
        },
  ];
}

/** What the other objectives have from the same template: told of availability, whose figures need no rounding. */
function fastEdges(subject: Subject): readonly Scenario[] {
  const alert = `${subject.prefix}FastBurn`;
  const overHour = { slo: subject.slo, long_window: "1h" };
  const overSixHours = { slo: subject.slo, long_window: "6h" };
  return [
    {
      alert,
      title: "is silent at 14.4 times the promise, be it in the hour or in the last five minutes",
      // After 50 minutes of 18.3, the hour's 61 samples have 48 times 18.3 (five are on the way up): 14.4 on average.
      series: seriesOf(subject, [
        [0, 6 * hours],
        [18.3, 60],
        [14.4, 20],
      ]),
      checks: [boundary("410m"), fires("411m", overHour), fires("424m", overHour), boundary("425m"), silent("440m")],
    },
    {
      alert,
      title: "is silent at 6 times the promise, be it in six hours or in the last half hour",
      // After 230 minutes of 9.5, 228 of 361 samples have it: 6 on average.
      series: seriesOf(subject, [
        [0, 6 * hours],
        [9.5, 4 * hours],
        [6, 60],
      ]),
      checks: [
        boundary("590m"),
        fires("591m", overSixHours),
        fires("633m", overSixHours),
        boundary("635m"),
        silent("660m"),
      ],
    },
    {
      alert,
      title: "weighs by calls: the busy time counts for more",
      series: seriesOf(subject, [
        [0, 6 * hours],
        [48, 70, 4],
        [0, 60, 20],
      ]),
      checks: [
        boundary("367m"),
        boundary("368m", overHour),
        boundary("374m", overHour),
        boundary("375m", overHour, overSixHours),
        fires("431m", overHour, overSixHours),
        recovers("432m", overSixHours),
        fires("450m", overSixHours),
        recovers("451m"),
      ],
    },
  ];
}

function slowEdges(subject: Subject): readonly Scenario[] {
  const alert = `${subject.prefix}SlowBurn`;
  const overDay = { slo: subject.slo, long_window: "1d" };
  const overThreeDays = { slo: subject.slo, long_window: "3d" };
  return [
    {
      alert,
      title: "is silent at 3 times the promise, and at the promise",
      // 346 of the 865 samples of three days at 2.5: 1 on average. 85 of the 289 of a day at 4.2, the others at 2.5: 3.
      series: seriesOf(subject, [
        [0, 72 * hours],
        [2.5, 346 * 5],
        [4.2, 100 * 5],
        [3, 3 * hours],
        [1, 7 * hours],
      ]),
      checks: [
        boundary("6050m"),
        fires("6055m", overThreeDays),
        boundary("6475m", overThreeDays),
        fires("6480m", overDay, overThreeDays),
        boundary("6675m", overThreeDays),
        fires("6730m", overThreeDays),
        boundary("7110m"),
      ],
    },
    {
      alert,
      title: "weighs by calls: the busy time counts for more",
      series: seriesOf(subject, [
        [0, 72 * hours],
        [20, 12 * hours, 4],
        [0, 12 * hours, 8],
      ]),
      checks: [
        boundary("4375m"),
        boundary("4380m", overThreeDays),
        boundary("4385m", overDay, overThreeDays),
        fires("5130m", overDay, overThreeDays),
        recovers("5135m", overThreeDays),
        fires("5370m", overThreeDays),
        recovers("5375m"),
      ],
    },
  ];
}

/** Of a series that begins with the first call: hours without one count as hours in which nothing was spent. */
const firstCostAfterHours: Scenario = {
  alert: "CostFastBurn",
  title:
    "is silent when a router that has cost nothing for seven hours spends an eighth of a day's dollars in ten minutes",
  series: {
    [series("ccr_cost_total_usd", { ...router("a"), provider: "openai", model: "gpt-5.5", user_id: "ada" })]:
      "_x420 0+1.25x10 12.5x110",
  },
  checks: [silent("424m"), boundary("430m"), silent("9h")],
};

const subjects = [
  { subject: availability, percentage: "1.616%" },
  { subject: firstByte, percentage: "80.82%" },
  { subject: overhead, percentage: "16.16%" },
  { subject: cost, percentage: "1616%" },
] as const;

export const fastBurnScenarios: readonly Scenario[] = subjects.flatMap(({ subject, percentage }) => [
  ...fastScenarios(subject, percentage),
  ...guardScenarios(subject, "Fast"),
  ...(subject === availability ? fastEdges(subject) : []),
  ...(subject === cost ? [firstCostAfterHours] : []),
]);

export const slowBurnScenarios: readonly Scenario[] = subjects.flatMap(({ subject }) => [
  ...slowScenarios(subject),
  ...guardScenarios(subject, "Slow"),
  ...(subject === availability ? slowEdges(subject) : []),
]);
