/** docs/config.md: every setting with its type, default and meaning, from the schema. */
import { isJsonObject, toJsonArray, toJsonObject } from "../core/json/json.ts";
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import { plainJsonSchema } from "./json-schema.ts";
import { settingsOfStart } from "./settings-of-start.ts";

const head = `# Configuration

<!-- Generated from src/config/schema.ts: UPDATE=1 npm test -- src/config/config-page.test.ts -->

One file, \`ccr.yaml\` (YAML, or JSON in \`ccr.json\`). Everything in it is optional: without a file, the providers are those
whose keys the environment or a \`.env\` file holds, and an Ollama on this machine. The program never changes the file.

**Where it is looked for:** \`--config\`, \`$CCR_CONFIG\`, \`ccr.yaml\`, \`ccr.yml\` or \`ccr.json\` in the working folder, \`ccr.yaml\` in the
state folder. The state folder is \`$CCR_HOME\`, else \`$XDG_STATE_HOME/ccr\`, else \`~/.ccr\`.
It says where keys go and may name a module to run: in a folder with somebody else's code, \`ccr start\`, \`restart\`, \`validate-config\`,
\`explain\`, \`preflight\` and \`providers check\` want your own by \`--config\` or \`$CCR_CONFIG\`. \`ccr code\` never takes that folder's.

**References.** Texts may hold \`\${VARIABLE}\`, \`\${VARIABLE:-default}\` and \`\${file:/path}\` (a file's content without its last line
break); \`$\${\` stands for a plain \`\${\`. A variable that is empty counts as not set. Where a number or a switch is wanted, a
reference may stand too. \`.env\` in the working folder adds variables, and never overrides one that the environment has.
Commands that ask no provider (\`ccr keys\`, \`env\`, \`code\`, \`alerts\`, \`ledger\`, \`monitor\`, \`ops build\`) also run in a shell
that lacks the router's variables, but for those of the sections that they read.

**Paths** count from the file's folder (from the state folder where there is no file); \`<state>/\` stands for the state folder.

**Lists of one.** Where targets or patterns are wanted, one may stand by itself: \`to: openai/gpt-5\`.

**Overrides.** \`CCR_HOST\`, \`CCR_PORT\` and \`CCR_LOG_LEVEL\` win over the file; \`--host\` and \`--port\` win over them.

**Checks.** \`ccr validate-config\` lists what is wrong, with its line; what rests on other settings is checked
once those are right. An editor checks while you type with
[ccr.schema.json](ccr.schema.json): \`# yaml-language-server: $schema=…/ccr.schema.json\` as the first line.

**Reload.** The running router takes a changed file by itself (and on \`SIGHUP\`), after checking it whole: calls in flight finish
on the old settings, and a file with errors, an empty one or one that is gone leaves the old settings in force; so does a keys file that
is gone. What \`.env\` and \`\${file:…}\` bring in is read again with it, but not watched: send \`SIGHUP\` after a change there.
These hold from the next start on, so a change of them needs \`ccr restart\`, which the log and the answer of \`POST /api/reload\` say (a section: all of it):
${settingsOfStart.map((path) => `\`${path}\``).join(", ")}.
`;

/** The whole page. */
export function renderConfigPage(): string {
  const sections = Object.entries(toJsonObject(plainJsonSchema().properties)).map(([name, node]) => {
    const section = unwrap(toJsonObject(node));
    return `## ${name}\n\n${textOf(section)}\n\n${renderTable(withoutRepetition(rowsOf(section, name, false)))}`;
  });
  return `${head}\n${sections.join("\n")}`;
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly preset: string;
  readonly meaning: string;
}

function renderTable(rows: readonly Row[]): string {
  const lines = rows.map(({ path, type, preset, meaning }) => `| \`${path}\` | ${type} | ${preset} | ${meaning} |`);
  return `| setting | type | default | meaning |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
}

/** Traits stand at providers and at models: the second time one row says that they are the same. */
function withoutRepetition(rows: readonly Row[]): readonly Row[] {
  return rows
    .filter(({ path }) => !path.includes(".models.<name>.traits."))
    .map((row) =>
      row.path.endsWith(".models.<name>.traits") ? { ...row, type: "as `providers.<name>.traits`" } : row,
    );
}

/** One row a setting, sections opened up; the section itself has a row unless it is the page's own. */
function rowsOf(given: JsonObject, path: string, hasRow: boolean): readonly Row[] {
  const node = unwrap(given);
  const inner = innerOf(node, path);
  const own: Row = { path, type: typeOf(node), preset: presetOf(node), meaning: textOf(node) };
  if (inner.length === 0) return [own];
  const isNamed = hasRow && textOf(node) !== "";
  return [...(isNamed ? [own] : []), ...inner];
}

function innerOf(node: JsonObject, path: string): readonly Row[] {
  const { properties, additionalProperties, items } = node;
  const options = toJsonArray(node.anyOf).filter(isJsonObject);
  if (isJsonObject(properties)) {
    return Object.entries(properties).flatMap(([name, child]) => rowsOf(toJsonObject(child), `${path}.${name}`, true));
  }
  if (isJsonObject(additionalProperties)) {
    const child = unwrap(additionalProperties);
    return isSection(child) ? rowsOf(child, `${path}.<name>`, false) : [];
  }
  if (isJsonObject(items)) {
    const item = unwrap(items);
    const isListOfMaps = [item, ...toJsonArray(item.anyOf).filter(isJsonObject)].some(isSection);
    if (isListOfMaps) return rowsOf(item, `${path}[]`, false);
  }
  return options.filter(isSection).flatMap((option) => rowsOf(option, path, false));
}

function isSection(node: JsonObject): boolean {
  return isJsonObject(node.properties) || isJsonObject(toJsonObject(node.additionalProperties).properties);
}

/** A setting that is wrapped only to be described or given a default. */
function unwrap(node: JsonObject): JsonObject {
  const { allOf, ...rest } = node;
  const [only] = toJsonArray(allOf);
  return isJsonObject(only) ? { ...unwrap(only), ...rest } : node;
}

function typeOf(node: JsonObject): string {
  if (Array.isArray(node.anyOf)) return [...new Set(node.anyOf.filter(isJsonObject).map(typeOf))].join(" or ");
  if (Array.isArray(node.enum)) return node.enum.map((value) => `\`${show(value)}\``).join(", ");
  if (node.const !== undefined) return `\`${show(node.const)}\``;
  if (node.type === "array") return `list of ${typeOf(toJsonObject(node.items))}`;
  if (node.type === "object") {
    const values = toJsonObject(node.additionalProperties);
    const holdsAnything = Object.keys(values).length === 0;
    return holdsAnything || isSection(values) ? "map" : `map to ${typeOf(values)}`;
  }
  if (node.type === "integer" || node.type === "number") return `number${rangeOf(node)}`;
  if (node.type === "boolean") return "true, false";
  return "text";
}

/** Only limits that somebody set: not the largest numbers that there are. */
function rangeOf({ minimum, maximum }: JsonObject): string {
  const low = typeof minimum === "number" ? minimum : 0;
  const hasHigh = typeof maximum === "number" && maximum < 2_147_483_647;
  if (hasHigh) return ` ${low}–${maximum}`;
  return low > 0 ? ` ≥ ${low}` : "";
}

function presetOf(node: JsonObject): string {
  const { default: preset } = node;
  if (preset === undefined || (isJsonObject(preset) && Object.keys(preset).length === 0)) return "";
  return `\`${Array.isArray(preset) ? JSON.stringify(preset) : show(preset)}\``;
}

function show(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textOf(node: JsonObject): string {
  return typeof node.description === "string" ? node.description.replaceAll("|", "\\|") : "";
}
