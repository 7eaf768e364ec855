/** Leaves out of imported settings what the check of the file would refuse, and says so: what is written is read again. */
import { isJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { findingsOf } from "../issues.ts";
import { formatPath } from "../problem.ts";
import type { SettingPath } from "../problem.ts";
import { configSchema } from "../schema.ts";

/** The settings without the values that the schema refuses. One with a reference is judged where its variable is known. */
export function leaveRefused(settings: JsonObject, notes: string[]): JsonObject {
  const parsed = configSchema.safeParse(settings);
  const refused = parsed.success
    ? []
    : findingsOf(parsed.error).filter(({ path }) => path.length > 0 && !hasReference(valueAt(settings, path)));
  for (const { path, problem } of refused) notes.push(`${formatPath(path)}: ${problem}; left out`);
  return refused.length === 0 ? settings : without(settings, new Set(refused.map(({ path }) => keyOf(path))));
}

function without<T extends JsonValue | undefined>(value: T, left: ReadonlySet<string>, path?: SettingPath): T;
function without(value: JsonValue | undefined, left: ReadonlySet<string>, path: SettingPath = []): unknown {
  const isKept = (key: string | number): boolean => !left.has(keyOf([...path, key]));
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => (isKept(index) ? [without(item, left, [...path, index])] : []));
  }
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => isKept(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, without(item, left, [...path, key])]));
}

function valueAt(settings: JsonObject, path: SettingPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | null | undefined)?.[key],
    settings,
  );
}

function hasReference(value: unknown): boolean {
  return typeof value === "string" && value.replaceAll("$${", "").includes("${");
}

function keyOf(path: SettingPath): string {
  return JSON.stringify(path);
}
