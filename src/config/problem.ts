/** What can be wrong with a configuration, as a value and as a line for people. Values never stand in it, except names of targets. */

export interface ConfigProblem {
  /** `error`: the configuration cannot be used. */
  readonly severity: "error" | "warning";
  /** `providers.work.baseUrl`; empty for the file as a whole. */
  readonly path: string;
  /** Line in the file, from 1; null where it is not in the file. */
  readonly line: number | null;
  /** From 1; absent where only the line is known. */
  readonly column?: number;
  readonly problem: string;
  /** The known name that was probably meant. */
  readonly nearest: string | null;
}

/** An error for which no near name is known; without `path` and `line` it is one of the file as a whole. */
export function errorProblem(problem: string, path = "", line: number | null = null): ConfigProblem {
  return { severity: "error", path, line, problem, nearest: null };
}

/** Names of keys and indexes of lists, from the root. */
export type SettingPath = readonly (string | number)[];

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  readonly file: string | null;

  constructor(file: string | null, problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => formatProblem(file, problem)).join("\n"));
    this.name = "ConfigError";
    this.file = file;
    this.problems = problems;
  }
}

/** `ccr.yaml:12 providers.work.baseUrl: must be …; did you mean …?` */
export function formatProblem(file: string | null, problem: ConfigProblem): string {
  const { line, column } = problem;
  const lineAndColumn = column === undefined ? line : `${line}:${column}`;
  const place = file === null ? "" : line === null ? `${file}: ` : `${file}:${lineAndColumn} `;
  return `${place}${sentenceOf(problem)}`;
}

/** `line 12 providers.work.baseUrl: must be …`, where the file is named already. */
export function formatProblemWithin(problem: ConfigProblem): string {
  return problem.line === null ? sentenceOf(problem) : `line ${problem.line} ${sentenceOf(problem)}`;
}

function sentenceOf({ path, problem, nearest }: ConfigProblem): string {
  const subject = path === "" ? "" : `${path}: `;
  const hint = nearest === null ? "" : `; did you mean \`${nearest}\`?`;
  return `${subject}${problem}${hint}`;
}

/** A path as people write it: `routing.rules[2].to`, `routing.fallbacks["openai/gpt-5"]`. */
export function formatPath(path: SettingPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w*-]+$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
