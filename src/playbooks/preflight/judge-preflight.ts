/** The deployment checklist: may this go into service? Pure. */
import { judgeProviderCheck } from "../connectivity/judge-connectivity.ts";
import type { ProviderCheck } from "../connectivity/check-providers.ts";
import type { Step } from "../connectivity/connectivity.ts";
import { critical, graded, ok, skipped, warning } from "../finding.ts";
import type { Finding } from "../finding.ts";
import { formatBytes, formatMs, formatShare, quantile } from "../figures.ts";
import type { BuildState, ConfigurationState, PortState, PreflightFigures } from "./preflight-figures.ts";

const mib = 1024 * 1024;

export function judgePreflight(figures: PreflightFigures): readonly Finding[] {
  const { configuration, providers, nowMs } = figures;
  const isUsable = configuration.kind === "good";
  return [
    judgeNode(figures.nodeVersion, figures.neededNode),
    judgeBuild(figures.build),
    ...judgeConfiguration(configuration),
    ...(isUsable && providers.length === 0
      ? [critical("providers", "none: nothing could be served", "set a key in the environment, or `ccr init`")]
      : providers.flatMap((check) => judgeProviderCheck(check, nowMs))),
    ...judgeStore("Redis", figures.redis, "start it, or mend `redis.url`"),
    ...judgeStore("PostgreSQL", figures.postgres, "start it, or mend `ledger.postgres`"),
    ...judgeResources(figures),
    judgeClock(providers, nowMs),
    ...(figures.port === null ? [] : [judgePort(figures.port)]),
    judgeStart(figures.start),
  ];
}

/** `needed`: as `^22.19 || >=24`. */
function judgeNode(version: string, needed: string): Finding {
  const parts = (text: string): number[] => (/(\d+)(?:\.(\d+))?/.exec(text) ?? []).slice(1).map(Number);
  const [major = 0, minor = 0] = parts(version);
  const fits = (range: string): boolean => {
    const [neededMajor = 0, neededMinor] = parts(range);
    return major === neededMajor ? minor >= (neededMinor || 0) : major > neededMajor && !range.includes("^");
  };
  if (!needed.split("||").some(fits))
    return critical("Node.js", `${version}, needed is ${needed}`, "install a newer one: https://nodejs.org");
  return ok("Node.js", `${version} (needed: ${needed})`);
}

function judgeBuild(build: BuildState): Finding {
  if (build.kind === "incomplete") return critical("build", `${build.missing} is missing`, "`npm run build`");
  if (build.kind === "stale") {
    return warning("build", `dist/ is older than ${build.newest}, and \`ccr\` runs dist/`, "`npm run build`");
  }
  return ok("build", build.kind === "built" ? "complete" : "none: the sources run as they are");
}

function judgeConfiguration(state: ConfigurationState): Finding[] {
  if (state.kind === "bad") {
    const summary = `${state.path ?? "the settings"}: ${state.problems.join("; ")}`;
    return [critical("configuration", summary, "mend it; docs/config.md lists every setting")];
  }
  const { path, warnings, isExposed, hasKeys, hasAdminKey } = state;
  const from = path ?? "no file: providers come from the environment";
  return [
    warnings.length === 0
      ? ok("configuration", from)
      : warning("configuration", `${from}: ${warnings.join("; ")}`, "docs/config.md lists every setting"),
    judgeAccess(isExposed, hasKeys, hasAdminKey),
  ];
}

function judgeAccess(isExposed: boolean, hasKeys: boolean, hasAdminKey: boolean): Finding {
  if (isExposed && !hasKeys) {
    return critical("access", "others can reach the address, and no key is needed", "`ccr keys create --user NAME`");
  }
  if (hasKeys && !hasAdminKey) {
    return warning(
      "access",
      "callers need keys; operators have none, so their API is closed",
      "`ccr keys create --admin`",
    );
  }
  return ok("access", hasKeys ? "callers and operators need keys" : "only this machine is served");
}

function judgeStore(name: string, step: Step<{ readonly version: string }> | null, remedy: string): Finding[] {
  if (step === null || step.kind === "left-out") return [skipped(name, "not configured")];
  if (step.kind === "failed") return [critical(name, `${step.reason} (after ${formatMs(step.tookMs)})`, remedy)];
  return [ok(name, `${step.detail.version}; connecting and asking took ${formatMs(step.tookMs)}`)];
}

function judgeResources({ machine }: PreflightFigures): Finding[] {
  const { availableMemoryBytes, totalMemoryBytes, disks } = machine;
  return [
    graded(
      "memory",
      -availableMemoryBytes,
      { warning: -512 * mib, critical: -192 * mib },
      `${formatBytes(availableMemoryBytes)} of ${formatBytes(totalMemoryBytes)} to be had`,
      "give the machine more, or end what takes it",
    ),
    ...disks.map(({ mount, usedBytes, sizeBytes }) =>
      graded(
        `disk ${mount}`,
        usedBytes / sizeBytes,
        { warning: 0.85, critical: 0.95 },
        `${formatShare(usedBytes / sizeBytes)} used, ${formatBytes(sizeBytes - usedBytes)} free`,
        "free some before the ledger and the logs need it",
      ),
    ),
  ];
}

/** Several providers' clocks: their median is right even where one of them is wrong. */
function judgeClock(providers: readonly ProviderCheck[], nowMs: number): Finding {
  const skews = providers.flatMap((check) =>
    check.kind === "unusable"
      ? []
      : check.connectivity.credentials.flatMap(({ answer }) =>
          answer.kind === "done" && answer.detail.providerTimeMs !== null ? [nowMs - answer.detail.providerTimeMs] : [],
        ),
  );
  const skew = quantile(skews, 0.5);
  if (skew === null) return skipped("clock", "no provider told the time");
  const seconds = Math.abs(skew) / 1_000;
  const summary = seconds < 10 ? "agrees with the providers'" : `${seconds.toFixed(0)} s off the providers'`;
  return graded("clock", seconds, { warning: 30, critical: 300 }, summary, "let NTP set it: `timedatectl`");
}

function judgePort({ host, port, kind, reason }: PortState): Finding {
  const address = `${host}:${port}`;
  if (kind === "any")
    return warning(
      "port",
      `${address} is another one at each start`,
      "set `server.port`: clients must know where to call",
    );
  if (kind === "free") return ok("port", `${address} is free`);
  if (kind === "ours") return ok("port", `${address}: ${reason}`);
  return critical("port", `${address}: ${reason}`, "choose another `server.port`, or end what has it");
}

function judgeStart(start: PreflightFigures["start"]): Finding {
  if (start === null || start.kind === "left-out") return skipped("start", "not tried: see above");
  if (start.kind === "failed") return critical("start", start.reason, "mend what it says, then try again");
  return ok(
    "start",
    `starts and becomes ready in ${formatMs(start.detail.readyMs)} (on a trial port, with an own ledger)`,
  );
}
