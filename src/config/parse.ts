/**
 * From a file's text to a checked configuration: read, replace references, apply the environment's overrides,
 * validate, check across fields, make paths absolute. All problems of a step are told at once.
 */
import { isAbsolute, join, resolve } from "node:path";
import { isJsonObject } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { checkConfig } from "./check.ts";
import type { CheckFinding } from "./checks/finding.ts";
import { readDocument } from "./document.ts";
import type { SettingsFormat } from "./document.ts";
import { expandReferences } from "./expand.ts";
import type { ReferenceSources } from "./expand.ts";
import { findingsOf, noName } from "./issues.ts";
import { leaveOutUnneeded } from "./leave-out.ts";
import { errorProblem, formatPath } from "./problem.ts";
import type { ConfigProblem, SettingPath } from "./problem.ts";
import { configSchema } from "./schema.ts";
import type { Config } from "./schema.ts";

export interface ParseContext extends ReferenceSources {
  /** Folder from which relative paths of the file count. */
  readonly folder: string;
  readonly stateFolder: string;
  /** `yaml` where it is left out. */
  readonly format?: SettingsFormat;
  /** Sections that must be whole, where not all need be: others may hold references that lead nowhere, and are left out then. */
  readonly needed?: readonly (keyof Config)[] | undefined;
}

export type ParseResult =
  | { readonly kind: "ok"; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly kind: "bad"; readonly problems: readonly ConfigProblem[] };

/** The configuration in `text`, or everything that is wrong with it. An empty text gives the defaults. */
export function parseConfig(text: string, context: ParseContext): ParseResult {
  // As UTF-16 has it, in which some editors and shells of Windows write.
  if (text.includes("\0")) return bad("the file is no text in UTF-8; save it as UTF-8");
  const document = readDocument(text, context.format);
  if (document.problems.length > 0) return { kind: "bad", problems: document.problems };
  const settings = withoutUnset(document.value ?? {});
  if (!isJsonObject(settings)) return bad("the file must hold a map of settings");
  if (Array.isArray(settings["Providers"])) {
    return bad("this is a config.json of claude-code-router; `ccr import FILE` makes a ccr.yaml of it");
  }

  const expanded = expandReferences(settings, context);
  const { value, missing } = context.needed === undefined ? expanded : leaveOutUnneeded(expanded, context.needed);
  const { merged, origins } = withOverrides(value as JsonObject, context.environment);
  const toPlaced = (finding: CheckFinding): Omit<ConfigProblem, "nearest"> & Pick<CheckFinding, "nearest"> => {
    const path = formatPath(finding.path);
    const variable = origins.get(path);
    if (variable === undefined) return { ...finding, path, line: document.lineOf(finding.path) };
    const problem = `${finding.problem} (a variable of the environment or of .env)`;
    return { ...finding, path: variable, problem, line: null };
  };
  let hints = 0;
  const inOrder = (findings: readonly CheckFinding[]): readonly ConfigProblem[] =>
    findings
      .map(toPlaced)
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
      .map((one) => ({ ...one, nearest: one.nearest === noName || ++hints > maxHints ? null : one.nearest() }));
  const parsed = configSchema.safeParse(merged);
  if (missing.length > 0 || !parsed.success) {
    const unread = new Set(missing.map(({ path }) => JSON.stringify(path)));
    const others = parsed.success
      ? []
      : findingsOf(parsed.error).filter(({ path }) => !unread.has(JSON.stringify(path)));
    const all = [...missing.map((one) => ({ ...one, nearest: noName })), ...others];
    return { kind: "bad", problems: inOrder(all.map((one) => ({ ...one, severity: "error" }))) };
  }
  const problems = inOrder(checkConfig(parsed.data));
  if (problems.some(({ severity }) => severity === "error")) return { kind: "bad", problems };
  return { kind: "ok", config: withAbsolutePaths(parsed.data, context), warnings: problems };
}

/** So many names that were meant are looked for: of thousands, among thousands, that would take a minute. */
const maxHints = 20;

function bad(problem: string): ParseResult {
  return { kind: "bad", problems: [errorProblem(problem)] };
}

/** A key with nothing behind it counts as absent, except a provider: `ollama:` is one with all defaults. */
function withoutUnset(value: unknown, path: SettingPath = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutUnset(item, [...path, index]));
  if (!isJsonObject(value)) return value;
  const isProviders = path.length === 1 && path[0] === "providers";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null || isProviders)
      .map(([key, item]) => [key, item === null ? {} : withoutUnset(item, [...path, key])]),
  );
}

const overrides = [
  { variable: "CCR_HOST", section: "server", key: "host" },
  { variable: "CCR_PORT", section: "server", key: "port" },
  { variable: "CCR_LOG_LEVEL", section: "logging", key: "level" },
] as const;

/** The environment's overrides, and from which variable each overridden path came. */
function withOverrides(
  settings: JsonObject,
  environment: ReferenceSources["environment"],
): { readonly merged: JsonObject; readonly origins: ReadonlyMap<string, string> } {
  const merged = { ...settings };
  const origins = new Map<string, string>();
  for (const { variable, section, key } of overrides) {
    const value = environment[variable];
    const current = merged[section] ?? {};
    if (value === undefined || value === "" || !isJsonObject(current)) continue;
    merged[section] = { ...current, [key]: value };
    origins.set(`${section}.${key}`, variable);
  }
  return { merged, origins };
}

function withAbsolutePaths(config: Config, { folder, stateFolder }: ParseContext): Config {
  const absolute = (path: string): string => {
    if (path.startsWith("<state>/")) return join(stateFolder, path.slice("<state>/".length));
    return isAbsolute(path) ? path : resolve(folder, path);
  };
  const maybe = (path: string | null): string | null => (path === null ? null : absolute(path));
  return {
    ...config,
    providers: Object.fromEntries(
      Object.entries(config.providers).map(([name, one]) => [name, { ...one, caFile: maybe(one.caFile) }]),
    ),
    routing: { ...config.routing, module: maybe(config.routing.module) },
    auth: { ...config.auth, keysFile: absolute(config.auth.keysFile) },
    ledger: { ...config.ledger, sqlitePath: absolute(config.ledger.sqlitePath) },
    monitoring: { ...config.monitoring, heapSnapshotDir: absolute(config.monitoring.heapSnapshotDir) },
    logging: { ...config.logging, file: absolute(config.logging.file) },
    redis: config.redis === null ? null : { ...config.redis, caFile: maybe(config.redis.caFile) },
  };
}
