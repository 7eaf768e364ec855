/** A configuration of claude-code-router as one of ours, and what of it has no counterpart. Pure. */
import { stringify } from "yaml";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { hashKey } from "../keys-file.ts";
import { isComment } from "./foreign-config.ts";
import type { ForeignConfig } from "./foreign-config.ts";
import { importProviders, toReferences } from "./import-providers.ts";
import { leaveRefused } from "./leave-refused.ts";

export interface ImportedConfig {
  readonly settings: JsonObject;
  /** What could not be taken over, or needs a look. */
  readonly notes: readonly string[];
}

export function importConfig(foreign: ForeignConfig): ImportedConfig {
  const { settings: providers, names, notes } = importProviders(foreign);
  const all = [...notes];
  const routing = importRouting(foreign, names, all);
  const settings: JsonObject = {
    ...importServer(foreign.settings, all),
    providers,
    ...(Object.keys(routing).length === 0 ? {} : { routing }),
  };
  noteTheRest(foreign, all);
  return { settings: leaveRefused(settings, all), notes: all };
}

/** The settings as the text of a ccr.yaml, with the notes at its head. */
export function formatImported({ settings, notes }: ImportedConfig, source: string): string {
  const head = [
    `Taken over from ${source} by \`ccr import\`. Every setting: docs/config.md. Check it: ccr validate-config`,
    ...(notes.length === 0 ? [] : ["", "Not taken over, or worth a look:", ...notes.map((note) => `- ${note}`)]),
  ];
  return `${head.map((line) => `# ${line}`.trimEnd()).join("\n")}\n\n${stringify(settings, { lineWidth: 120 })}`;
}

const levels: Readonly<Record<string, string>> = { fatal: "error", trace: "debug" };

function importServer(settings: JsonObject, notes: string[]): JsonObject {
  const { HOST, PORT, APIKEY, LOG, LOG_LEVEL } = settings;
  const hasKey = typeof APIKEY === "string" && APIKEY !== "";
  const server: JsonObject = {};
  const port = PORT ?? settings.port ?? "";
  if (port !== "") server.port = typeof port === "string" ? toNumber(port) : port;
  if (typeof HOST === "string" && HOST !== "") {
    if (hasKey) server.host = toReferences(HOST);
    else notes.push("HOST: without an APIKEY it had no effect; this machine alone is served");
  }
  const level = LOG === false ? "silent" : typeof LOG_LEVEL === "string" ? (levels[LOG_LEVEL] ?? LOG_LEVEL) : null;
  return {
    ...(Object.keys(server).length === 0 ? {} : { server }),
    ...(level === null ? {} : { logging: { level } }),
    ...(hasKey ? importKey(APIKEY, notes) : {}),
  };
}

/** A number may stand in quotes, or in a variable. */
function toNumber(text: string): JsonValue {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : toReferences(text);
}

/** Clients go on with the key that they have; the file holds its hash only. */
function importKey(key: string, notes: string[]): JsonObject {
  if (toReferences(key) !== key) {
    notes.push("APIKEY: stands in a variable; make a key for each user with `ccr keys create --user NAME`");
    return {};
  }
  return { auth: { keys: [{ hash: hashKey(key), user: "imported" }] } };
}

const scenarioNames = ["background", "think", "webSearch", "image"] as const;

function importRouting(foreign: ForeignConfig, names: ReadonlyMap<string, string>, notes: string[]): JsonObject {
  const { router, fallback } = foreign;
  const targetsOf = (scenario: string): readonly string[] => {
    const own = router[scenario] ?? "";
    if (typeof own !== "string") notes.push(`Router.${scenario}: is no "provider,model"`);
    const first = typeof own === "string" && own !== "" ? [own] : [];
    const all = first.length === 0 ? [] : [...first, ...(fallback[scenario] ?? [])];
    return [...new Set(all)].flatMap((name) => toTarget(name, names, `Router.${scenario}`, notes));
  };
  const scenarios: JsonObject = {};
  for (const scenario of scenarioNames) {
    const targets = targetsOf(scenario);
    if (targets.length > 0) scenarios[scenario] = oneOrMany(targets);
  }
  const longContext = targetsOf("longContext");
  if (longContext.length > 0) {
    scenarios.longContext = {
      thresholdTokens: Number(router.longContextThreshold) || 60_000,
      to: oneOrMany(longContext),
    };
  }
  const main = targetsOf("default");
  return {
    ...(main.length === 0 ? {} : { default: oneOrMany(main) }),
    ...(Object.keys(scenarios).length === 0 ? {} : { scenarios }),
  };
}

/** `provider,model` as `provider/model`; a name without its model, or of a provider that the file lacks, is noted. */
function toTarget(name: string, names: ReadonlyMap<string, string>, place: string, notes: string[]): readonly string[] {
  const cut = name.indexOf(",");
  const provider = names.get(name.slice(0, cut).trim());
  const model = name.slice(cut + 1).trim();
  if (cut > 0 && provider !== undefined && model !== "") return [`${provider}/${model}`];
  notes.push(`${place}: "${name}" ${cut < 0 || model === "" ? "names no model" : "names no provider of the file"}`);
  return [];
}

function oneOrMany(targets: readonly string[]): JsonValue {
  const [only, ...rest] = targets;
  return only !== undefined && rest.length === 0 ? only : [...targets];
}

const silent = new Set(["HOST", "PORT", "port", "APIKEY", "LOG", "LOG_LEVEL", "PROXY_URL", "API_TIMEOUT_MS"]);

/** Settings that need nothing here, or have no counterpart. */
const others: Readonly<Record<string, string>> = {
  NON_INTERACTIVE_MODE: "not needed: the router never asks anything while it serves",
  CUSTOM_ROUTER_PATH: "write the rules again as a module with `defineRoute`, and name it by `routing.module`",
  transformers: "transformers of your own have no counterpart",
  StatusLine: "has no counterpart",
  forceUseImageAgent: "not needed: images go to the target of `routing.scenarios.image` themselves",
  OPENAI_API_KEY: "the oldest form of the file; add the provider by hand, see docs/config.md",
};

function noteTheRest({ settings, router, fallback }: ForeignConfig, notes: string[]): void {
  for (const name of Object.keys(settings)) {
    if (!silent.has(name) && !isComment(name)) notes.push(`${name}: ${others[name] ?? "is not known here"}`);
  }
  const known = new Set<string>([...scenarioNames, "default", "longContext", "longContextThreshold"]);
  for (const name of Object.keys(router)) {
    if (!known.has(name) && !isComment(name))
      notes.push(`Router.${name}: has no counterpart; \`routing.rules\` can say such things`);
  }
  for (const name of Object.keys(fallback)) {
    const isUsed = known.has(name) && typeof router[name] === "string" && router[name] !== "";
    if (!isUsed && !isComment(name))
      notes.push(`fallback.${name}: Router.${name} names no model that it could stand in for`);
  }
}
