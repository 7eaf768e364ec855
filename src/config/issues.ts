/** The schema's findings as problems for people: path, what is wrong, what was probably meant. */
import type { z } from "zod";
import { knownKeysAt } from "./json-schema.ts";
import { nearestName } from "../core/text/near-names.ts";
import type { SettingPath } from "./problem.ts";

export interface Finding {
  readonly path: SettingPath;
  readonly problem: string;
  /** Looks for the name that was probably meant. */
  readonly nearest: () => string | null;
}

/** Of a finding that is about no name. */
export const noName = (): null => null;

/** One finding for each thing to mend; none holds a value of the file. */
export function findingsOf(error: z.ZodError): readonly Finding[] {
  // A number may break several bounds at once; the last one is the narrowest.
  const byPath = new Map<string, Finding>();
  for (const finding of error.issues.flatMap((issue) => toFindings(issue, []))) {
    byPath.set(JSON.stringify(finding.path), finding);
  }
  return [...byPath.values()];
}

type Issue = z.core.$ZodIssue;

function toFindings(issue: Issue, base: SettingPath): readonly Finding[] {
  const path = [...base, ...(issue.path as SettingPath)];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        problem: "is no known setting",
        nearest: () => nearestName(key, knownKeysAt(path)),
      }));
    case "invalid_union":
      return unionFindings(issue.errors, path);
    case "invalid_key": {
      const [first] = issue.issues;
      return [{ path, problem: first === undefined ? "is no valid name" : sentence(first), nearest: noName }];
    }
    case "invalid_value":
      return [{ path, problem: `must be ${listOf(issue.values.map(String))}`, nearest: noName }];
    default:
      return [{ path, problem: sentence(issue), nearest: noName }];
  }
}

/** Of a setting without a default that is absent. */
const needed = "is needed";

/**
 * A union fails with the findings of each of its members. The member that was meant is the one whose kind of value
 * fits: its findings lie deeper, or are no complaint about the kind.
 */
function unionFindings(members: readonly (readonly Issue[])[], path: SettingPath): readonly Finding[] {
  const meant = members.find((issues) => !issues.some((issue) => issue.path.length === 0 && isAboutKind(issue)));
  if (meant !== undefined) return meant.flatMap((issue) => toFindings(issue, path));
  const kinds = members.flatMap((issues) => issues.flatMap((issue) => toFindings(issue, path)));
  const [first] = kinds;
  if (first !== undefined && kinds.every(({ problem }) => problem === needed)) return [first];
  const wanted = kinds.map(({ problem }) => problem.replace(/^must be /, ""));
  return [{ path, problem: `must be ${listOf([...new Set(wanted)])}`, nearest: noName }];
}

function isAboutKind(issue: Issue): boolean {
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

function sentence(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined && issue.message.includes("received undefined")
        ? needed
        : `must be ${kindNames[issue.expected] ?? issue.expected}`;
    case "too_small":
      return issue.origin === "number" ? `must be at least ${issue.minimum}` : "must not be empty";
    case "too_big":
      return `must be at most ${issue.maximum}`;
    case "invalid_format":
      return issue.message.startsWith("Invalid")
        ? `must be ${formatNames[issue.format] ?? issue.format}`
        : issue.message;
    default:
      return issue.message;
  }
}

const formatNames: Readonly<Record<string, string>> = {
  date: "a day such as 2027-01-31",
  datetime: "an instant such as 2027-01-31T12:00:00Z",
};

const kindNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}
