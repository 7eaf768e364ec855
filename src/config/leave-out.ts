/**
 * Settings whose references lead nowhere, left out for a command that has no need of them: one in a shell without the
 * variables that the router was started with, the providers' keys above all.
 */
import { isJsonObject } from "../core/json/json.ts";
import type { Expansion } from "./expand.ts";
import type { SettingPath } from "./problem.ts";

/** Settings of a provider that matter only to whoever calls it. */
const forCalls = new Set<unknown>(["apiKey", "keys", "headers", "proxy"]);

/** Without the sections that hold such references and are not `needed`; of providers, without what only their calls need. */
export function leaveOutUnneeded({ value, missing }: Expansion, needed: readonly string[]): Expansion {
  const unneeded = missing.flatMap(({ path }) => {
    const [section, provider, setting] = path;
    if (section === "providers") return forCalls.has(setting) ? [[section, provider!, setting!]] : [];
    return needed.includes(String(section)) ? [] : [[section!]];
  });
  const isLeftOut = (path: SettingPath): boolean =>
    unneeded.some((start) => start.every((key, at) => key === path[at]));
  return {
    value: unneeded.reduce(without, value),
    missing: missing.filter(({ path }) => !isLeftOut(path)),
  };
}

function without(value: unknown, [key, ...rest]: SettingPath): unknown {
  if (!isJsonObject(value) || key === undefined || !(key in value)) return value;
  const { [key]: inside, ...others } = value;
  return rest.length === 0 ? others : { ...others, [key]: without(inside, rest) };
}
