/** The commands of operators: health, causes, the deployment checklist, providers, alerts, runbooks. */
import type { Command } from "commander";
import {
  checkedConfigOption,
  jsonOption,
  portOption,
  runningConfigOption,
  urlOption,
} from "./arguments/command-options.ts";
import type { Runner } from "./arguments/command-options.ts";

/** For commands whose exit code is a verdict: that nothing could be judged is no warning, which 1 would say. */
const nothingJudged = 2;

export function addOperateCommands(program: Command, run: Runner): void {
  addDoctorCommand(program, run);
  addInvestigateCommand(program, run);
  addPreflightCommand(program, run);
  addProvidersCommand(program, run);
  addAlertsCommand(program, run);
  addRunbookCommand(program, run);
}

function addDoctorCommand(program: Command, run: Runner): void {
  program
    .command("doctor")
    .description(
      "check the health of the running router: a score, and what to do (exit code 0 fine, 1 warning, 2 critical)",
    )
    .option(...urlOption)
    .option("--watch <span>", "how long to watch", "3s")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((options) =>
      run(async (context) => (await import("./commands/doctor.ts")).run(context, options), nothingJudged),
    );
}

function addInvestigateCommand(program: Command, run: Runner): void {
  program
    .command("investigate")
    .description(
      "compare figures now and before, and name the most likely cause (exit code 0 fine, 1 warning, 2 critical)",
    )
    .argument("<subject>", "latency, memory, errors, costs or provider")
    .argument("[provider]", "name of the provider")
    .option(...urlOption)
    .option("--watch <span>", "how long to watch (else 10s; memory 60s)")
    .option("--window <span>", "what counts as now (else 5m; costs 1h)")
    .option("--before <span>", "what it is compared with (else the hour before; costs 24h)")
    .option(
      "--heap-snapshot",
      "memory: write a heap snapshot afterwards, which stops the router meanwhile, and print its file",
    )
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((subject: string, provider: string | undefined, options) =>
      run(
        async (context) => (await import("./commands/investigate.ts")).run(context, subject, provider, options),
        nothingJudged,
      ),
    );
}

function addPreflightCommand(program: Command, run: Runner): void {
  program
    .command("preflight")
    .description("go through the deployment checklist; changes nothing (exit code 0 fine, 1 warning, 2 critical)")
    .option("--limit <span>", "most time for each step at a provider or store", "5s")
    .option(...checkedConfigOption)
    .option(...jsonOption)
    .action((options) =>
      run(async (context) => (await import("./commands/preflight.ts")).run(context, options), nothingJudged),
    );
}

function addProvidersCommand(program: Command, run: Runner): void {
  program
    .command("providers")
    .description("look at the providers of the configuration")
    .command("check")
    .description(
      "DNS, TCP, TLS and each key of the providers, timed and limited (exit code 0 fine, 1 warning, 2 critical)",
    )
    .argument("[providers...]", "those to check (else all)")
    .option("--limit <span>", "most time for each step", "5s")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((names: string[], options) =>
      run(async (context) => (await import("./commands/providers.ts")).check(context, names, options), nothingJudged),
    );
}

function addRunbookCommand(program: Command, run: Runner): void {
  program
    .command("runbook")
    .description("print what an alert means and what to do; without an alert, list them")
    .argument("[alert]", "its name")
    .option(...jsonOption)
    .action((alert: string | undefined, options) =>
      run(async (context) => (await import("./commands/runbook.ts")).run(context, alert, options)),
    );
}

function addAlertsCommand(program: Command, run: Runner): void {
  const alerts = program
    .command("alerts")
    .description("show the alerts that Alertmanager told, from the database: also while the router is down")
    .helpCommand(true)
    .option("--state <state>", "firing, resolved or all", "firing")
    .option("-n, --limit <count>", "at most so many", "100")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/alerts.ts")).list(context, options)));
  alerts
    .command("show")
    .description("print all about one alert, with its history")
    .argument("<alert>", "its id, the beginning of it, or its name")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((alert: string, _options, command: Command) =>
      run(async (context) => (await import("./commands/alerts.ts")).show(context, alert, command.optsWithGlobals())),
    );
  alerts
    .command("ack")
    .description("say that you look after an alert")
    .argument("<alert>", "its id, the beginning of it, or its name")
    .option("--note <text>", "what you do about it")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((alert: string, _options, command: Command) =>
      run(async (context) =>
        (await import("./commands/alerts.ts")).acknowledge(context, alert, command.optsWithGlobals()),
      ),
    );
  alerts
    .command("listen")
    .description("receive alerts beside the router (webhook at / and /api/alerts/webhook); Ctrl-C ends it")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option(...portOption, "5001")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((_options, command: Command) =>
      run(async (context) => (await import("./commands/alerts.ts")).listen(context, command.optsWithGlobals())),
    );
}
