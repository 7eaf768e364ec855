/**
 * `ccr demo`: the real router in front of simulated providers, with sample traffic, in one process and without any key.
 *
 * Its state lives in a folder of its own that goes with it. Ctrl-C ends it all.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reachableUrl } from "../../core/http/local-host.ts";
import { hashKey } from "../../config/keys-file.ts";
import { parseConfig } from "../../config/parse.ts";
import { ConfigError } from "../../config/problem.ts";
import type { Config } from "../../config/schema.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { SampleTotals } from "../../simulation/traffic/sample-traffic.ts";
import { startRouter } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { exitCodes } from "../output/exit-codes.ts";
import { listenError } from "../instance/listen-error.ts";
import { startMonitoring } from "../instance/start-monitoring.ts";
import { untilSignal } from "../process/until-signal.ts";

export interface DemoArguments {
  readonly port: string;
  readonly traffic: boolean;
  readonly monitoring?: boolean;
}

/** Keys of the demonstration, no secrets: they open simulated answers on this machine. */
const visitorKey = "ccr-demo-you";
const adminKey = "ccr-demo-admin";
const tasksPerMinute = 30;
/** Who steps in when a visitor breaks a provider. */
const fallback = "openai/gpt-6-luna";

/** Owns what was started, and ends it in the opposite order. */
type Closers = (() => Promise<unknown>)[];

export async function run(context: CommandContext, options: DemoArguments): Promise<number> {
  const { port, traffic, monitoring = false } = options;
  const closers: Closers = [];
  const ended = untilSignal();
  try {
    const demo = await startDemo(context, port, closers);
    const { url } = demo;
    const watchers = monitoring ? await startWatching(context, demo, closers) : [];
    const sample = traffic ? await startTraffic(url, closers) : null;
    tell(context, demo, traffic, watchers);
    await ended;
    // First of all: the terminal may be gone, and with it, at the next word, this program.
    await closeAll(closers);
    context.output.line();
    if (sample !== null) tellTotals(context, await sample.totals);
    return exitCodes.ok;
  } finally {
    await closeAll(closers);
  }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

interface Demo {
  readonly url: string;
  readonly config: Config;
  readonly folder: string;
  readonly baseUrls: Readonly<Record<string, string>>;
}

async function startDemo({ notes }: CommandContext, port: string, closers: Closers): Promise<Demo> {
  const { humanBehaviour } = await import("../../simulation/behaviour.ts");
  const { runSimulatedProviders } = await import("../../simulation/run-simulated-providers.ts");
  const { sampleUsers } = await import("../../simulation/traffic/sample-users.ts");
  const folder = await mkdtemp(join(tmpdir(), "ccr-demo-"));
  // Not at the end of the command: where nobody reads its words any more (`ccr demo | head`) it has none.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const providers = await runSimulatedProviders({ behaviour: humanBehaviour });
  closers.push(() => providers.close());
  const keys = [...sampleUsers, { name: "you", team: "visitors", apiKey: visitorKey }].flatMap(
    ({ name, team, apiKey }) => (apiKey === null ? [] : [{ hash: hashKey(apiKey), user: name, team }]),
  );
  const config = toConfig(folder, {
    ...providers.configuration,
    server: { port },
    routing: { fallbacks: { "*": fallback } },
    auth: { keys, adminKeyHash: hashKey(adminKey) },
  });
  try {
    // An empty environment: no proxy and no real key of the user's may get in.
    const router = await startRouter({
      config,
      configPath: null,
      environment: {},
      logger: silentLogger,
      print: (line) => notes.line(line),
    });
    closers.push(() => router.drain().then(() => router.close()));
    return { url: reachableUrl(router), config, folder, baseUrls: providers.baseUrls };
  } catch (error) {
    throw (await listenError(error, config.server)) ?? error;
  }
}

function toConfig(folder: string, settings: object): Config {
  const context = { environment: {}, folder, stateFolder: folder, readFile: () => undefined };
  const parsed = parseConfig(JSON.stringify(settings), context);
  if (parsed.kind === "bad") throw new ConfigError(null, parsed.problems);
  return parsed.config;
}

/** Answers what came of the calls once the traffic has been stopped. */
async function startTraffic(url: string, closers: Closers): Promise<{ readonly totals: Promise<SampleTotals> }> {
  const { runSampleTraffic } = await import("../../simulation/traffic/sample-traffic.ts");
  const stop = new AbortController();
  const totals = runSampleTraffic({ url, tasksPerMinute, signal: stop.signal });
  closers.push(() => {
    stop.abort();
    return totals;
  });
  return { totals };
}

/** Rows that tell where to look. */
async function startWatching(
  { environment, notes }: CommandContext,
  { url, config, folder }: Demo,
  closers: Closers,
): Promise<readonly (readonly string[])[]> {
  const monitoring = await startMonitoring({
    config,
    router: { url, host: new URL(url).host },
    folder: join(folder, "monitoring"),
    path: environment["PATH"] ?? "",
  });
  closers.push(() => monitoring.close());
  void monitoring.ended.then((accident) => notes.line(accident));
  return monitoring.parts.map(({ name, page }) => [name, page]);
}

function tell(
  { output }: CommandContext,
  { url, baseUrls }: Demo,
  hasTraffic: boolean,
  watchers: readonly (readonly string[])[],
): void {
  const { style } = output;
  output.line(
    `${style("green", "The demo runs")}: a real router, simulated providers${hasTraffic ? ", traffic of five people" : ""}.`,
  );
  output.line();
  output.table([
    ["router", style("bold", url)],
    ...Object.entries(baseUrls).map(([kind, address]) => [`simulated ${kind}`, address]),
    ["open", style("cyan", `${url}/`)],
    ["operators' key", `${style("bold", adminKey)} (the page asks for it)`],
    ["metrics", style("cyan", `${url}/metrics`)],
    ...watchers,
  ]);
  output.line();
  output.line("Ask it something:");
  output.line(`  curl -sN ${url}/v1/messages -H 'x-api-key: ${visitorKey}' -H 'anthropic-version: 2023-06-01' \\`);
  output.line(
    `    -d '{"model":"claude-sonnet-5","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"Hello"}]}'`,
  );
  output.line("Or work with Claude Code (its answers are made up):");
  output.line(`  ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=${visitorKey} claude`);
  output.line(`Or break a provider, see ${fallback} step in, and heal it:`);
  const behaviour = `${baseUrls["anthropic"]}/simulation/behaviour`;
  output.line(`  curl -s ${behaviour} -d '{"fault":{"kind":"overloaded"}}'`);
  output.line(`  curl -s -X DELETE ${behaviour}`);
  output.line();
  output.line(style("dim", "Ctrl-C ends it all."));
}

function tellTotals({ output }: CommandContext, totals: SampleTotals): void {
  const { calls, whole, refused, broken, left } = totals;
  output.line(
    `${calls} calls: ${whole} answered whole, ${refused} refused, ${broken} broken, ${left} left by their user.`,
  );
}
