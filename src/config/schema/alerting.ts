/** Settings of the operations pack: what `ccr ops build` writes. The running router reads none of them. */
import { z } from "zod";
import { decimal, flag, milliseconds, orNull, text, wholeNumber } from "./values.ts";

/** Where each alert begins. The default of all and their meaning stand in `thresholdsSchema` and nowhere else. */
export interface AlertThresholds {
  readonly restarts: number;
  readonly errorRatio: number;
  readonly errorMinimumRequests: number;
  readonly latencySeconds: number;
  readonly criticalLatencySeconds: number;
  readonly latencyMinimumCalls: number;
  readonly heapRatio: number;
  readonly heapGrowthBytes: number;
  readonly eventLoopLagSeconds: number;
  readonly providerHealthScore: number;
  readonly providerLatencySeconds: number;
  readonly certificateDays: number;
  readonly costPerHourUsd: number;
  readonly budgetRatio: number;
  readonly budgetForecastRatio: number;
  readonly cacheHitRatio: number;
  readonly cacheMinimumLookups: number;
  readonly bufferedEntries: number;
  readonly redisMemoryRatio: number;
  readonly cpuPercent: number;
  readonly diskFreeRatio: number;
  readonly sloMinimumCalls: number;
}

/** What the service promises. `ratio`: share of calls that keep the promise, over thirty days. */
export interface ServiceLevels {
  readonly availability: { readonly ratio: number };
  readonly firstByte: { readonly ratio: number; readonly seconds: number };
  readonly overhead: { readonly ratio: number; readonly seconds: number };
  readonly costPerDayUsd: number;
}

/** Addresses (`host:port`) as Prometheus reaches them; an empty list leaves a job and its alerts out. */
export interface ScrapeTargets {
  readonly router: readonly string[];
  readonly nodeExporter: readonly string[];
  readonly redisExporter: readonly string[];
  readonly alertmanager: readonly string[];
}

export interface SlackReceiver {
  readonly enabled: boolean;
  readonly webhookUrlFile: string;
  readonly criticalChannel: string;
  readonly warningChannel: string;
}

export interface EmailReceiver {
  readonly enabled: boolean;
  readonly to: string;
  readonly from: string;
  readonly smarthost: string;
  readonly requireTls: boolean;
  readonly username: string | null;
  readonly passwordFile: string;
}

/** A team's own way to be told, beside everybody's. */
export interface TeamReceiver {
  readonly slackChannel: string | null;
  readonly emailTo: string | null;
}

export const teamNames = ["gateway", "providers", "costs", "infrastructure"] as const;

export type TeamName = (typeof teamNames)[number];

export interface AlertReceivers {
  readonly webhook: { readonly url: string; readonly credentialsFile: string | null };
  readonly slack: SlackReceiver;
  readonly email: EmailReceiver;
  readonly teams: Readonly<Partial<Record<TeamName, TeamReceiver>>>;
}

export interface AlertingConfig {
  readonly thresholds: AlertThresholds;
  readonly serviceLevels: ServiceLevels;
  readonly targets: ScrapeTargets;
  readonly scrapeEveryMs: number;
  readonly evaluateEveryMs: number;
  /** `{alert}` stands for the alert's name. */
  readonly runbookUrl: string;
  /** Address of Grafana. */
  readonly grafanaUrl: string;
  readonly receivers: AlertReceivers;
}

const share = (preset: number) => decimal(0, 1).default(preset);
const seconds = (preset: number) => decimal(0.001).default(preset);
const count = (preset: number) => wholeNumber(1).default(preset);

const thresholdsSchema = z
  .strictObject({
    restarts: count(3).describe("ServiceRestarting: restarts in fifteen minutes, at least."),
    errorRatio: share(0.05).describe("HighErrorRate: share of requests answered with 5xx, above."),
    errorMinimumRequests: count(10).describe("HighErrorRate: requests in five minutes before the share counts."),
    latencySeconds: seconds(5).describe("HighLatency: 95th percentile of a call's duration, above."),
    criticalLatencySeconds: seconds(10).describe("VeryHighLatency: the same, above."),
    latencyMinimumCalls: count(10).describe("All latency alerts: calls in five minutes before a percentile counts."),
    heapRatio: share(0.9).describe("HighMemoryUsage: share of V8's heap limit in use, above."),
    heapGrowthBytes: count(104_857_600).describe(
      "MemoryLeak: growth in half an hour of what collections leave, above.",
    ),
    eventLoopLagSeconds: seconds(0.1).describe("EventLoopLag: 99th percentile of the timers' lateness, above."),
    providerHealthScore: share(0.5).describe("ProviderDown, AllProvidersDown: health score below."),
    providerLatencySeconds: seconds(30).describe(
      "ProviderHighLatency: 95th percentile of an attempt's duration, above.",
    ),
    certificateDays: count(14).describe("ProviderCertificateExpiring: days left, below."),
    costPerHourUsd: decimal(0.01).default(10).describe("HighCostBurn: US dollars an hour at one provider, above."),
    budgetRatio: share(0.9).describe("BudgetNearLimit: used share of a budget, above."),
    budgetForecastRatio: decimal(0.1, 100)
      .default(1)
      .describe("BudgetForecastOverrun: share of a budget used at the window's end at this pace, above."),
    cacheHitRatio: share(0.3).describe("LowCacheHitRate: hits over lookups, below."),
    cacheMinimumLookups: count(100).describe("LowCacheHitRate: lookups in ten minutes before the ratio counts."),
    bufferedEntries: count(10_000).describe("DependencyBufferFilling: entries that wait for a dependency, above."),
    redisMemoryRatio: share(0.9).describe("RedisHighMemory: share of `maxmemory` in use, above."),
    cpuPercent: decimal(1, 100).default(80).describe("HighCpuUsage: per cent of the machine's CPU time, above."),
    diskFreeRatio: share(0.1).describe("DiskSpaceLow: free share of a file system, below."),
    sloMinimumCalls: count(60).describe("Burn-rate alerts: calls in the longer window before they count."),
  })
  .prefault({})
  .describe("Where each alert begins.");

/** A burn of 14.4 must be possible: at most all calls can fail, so the objective is at least 1 - 1/14.4. */
const objective = (preset: number) => decimal(0.935, 0.999_999).default(preset);

const serviceLevelsSchema = z
  .strictObject({
    availability: z
      .strictObject({
        ratio: objective(0.999).describe("Share of calls that end neither with 5xx nor cut in mid-answer."),
      })
      .prefault({})
      .describe("Calls are served."),
    firstByte: z
      .strictObject({
        ratio: objective(0.95).describe("Share of answers that begin in time."),
        seconds: seconds(5).describe("In time; a bucket of `ccr_time_to_first_byte_seconds`."),
      })
      .prefault({})
      .describe("Answers begin soon."),
    overhead: z
      .strictObject({
        ratio: objective(0.99).describe("Share of calls with little time spent in the router."),
        seconds: decimal(0.0001).default(0.01).describe("Little; a bucket of `ccr_router_overhead_seconds`."),
      })
      .prefault({})
      .describe("The router costs next to no time."),
    costPerDayUsd: decimal(0.01).default(100).describe("US dollars that a day may cost, on the average of thirty."),
  })
  .prefault({})
  .describe("Service level objectives; docs/decisions has the reasons for the defaults.");

const addresses = (preset: string) =>
  z.array(z.string().regex(/^[^\s:]+:\d+$|^\[[0-9a-fA-F:]+\]:\d+$/, { error: "must be host:port" })).default([preset]);

const targetsSchema = z
  .strictObject({
    router: addresses("localhost:3456").describe("Routers."),
    nodeExporter: addresses("localhost:9100").describe("node_exporters, one a machine."),
    redisExporter: addresses("localhost:9121").describe("redis_exporters. Empty: no Redis, no alerts about it."),
    alertmanager: addresses("localhost:9093").describe("Alertmanagers."),
  })
  .prefault({})
  .describe("Addresses as Prometheus reaches them, `host:port`.");

const slackSchema = z
  .strictObject({
    enabled: flag().default(true).describe("Whether Slack is told."),
    webhookUrlFile: text()
      .default("/etc/alertmanager/secrets/slack-webhook-url")
      .describe("File that holds the incoming webhook's address."),
    criticalChannel: text().default("#critical-alerts").describe("Channel for critical alerts."),
    warningChannel: text().default("#alerts").describe("Channel for warnings."),
  })
  .prefault({})
  .describe("Slack.");

const emailSchema = z
  .strictObject({
    enabled: flag().default(true).describe("Whether critical alerts are mailed."),
    to: text().default("ops-team@company.com").describe("To whom."),
    from: text().default("alerts@claudecoder.local").describe("From whom."),
    smarthost: text().default("localhost:587").describe("Mail server, `host:port`."),
    requireTls: flag().default(true).describe("Whether the server must offer STARTTLS."),
    username: orNull(text()).describe("Name to log in with; absent: no log-in."),
    passwordFile: text().default("/etc/alertmanager/secrets/smtp-password").describe("File that holds its password."),
  })
  .prefault({})
  .describe("E-mail.");

const teamSchema = z.strictObject({
  slackChannel: orNull(text()).describe("Channel in place of everybody's."),
  emailTo: orNull(text()).describe("Address in place of everybody's."),
});

const receiversSchema = z
  .strictObject({
    webhook: z
      .strictObject({
        url: z
          .string()
          .regex(/^https?:\/\//)
          .default("http://localhost:5001/")
          .describe("Gets every alert, as `ccr alerts listen` takes them."),
        credentialsFile: orNull(text()).describe("File that holds a bearer token for it."),
      })
      .prefault({})
      .describe("A web hook."),
    slack: slackSchema,
    email: emailSchema,
    teams: z
      .partialRecord(z.enum(teamNames), teamSchema)
      .default({})
      .describe("Teams that are told by ways of their own."),
  })
  .prefault({})
  .describe("Who is told.");

export const alertingSchema: z.ZodType<AlertingConfig> = z
  .strictObject({
    thresholds: thresholdsSchema,
    serviceLevels: serviceLevelsSchema,
    targets: targetsSchema,
    scrapeEveryMs: milliseconds().default(10_000).describe("How often Prometheus asks the router."),
    evaluateEveryMs: milliseconds().default(15_000).describe("How often it looks at its rules."),
    runbookUrl: z
      .string()
      .includes("{alert}", { error: "must hold {alert}, which stands for the alert's name" })
      .default("http://localhost:3456/runbooks/{alert}")
      .describe("Address of an alert's runbook; `{alert}` stands for its name."),
    grafanaUrl: text().default("http://localhost:3000").describe("Address of Grafana, for links to dashboards."),
    receivers: receiversSchema,
  })
  .prefault({})
  .describe(
    "What `ccr ops build` writes for Prometheus, Alertmanager and Grafana. The running router reads none of it.",
  );
