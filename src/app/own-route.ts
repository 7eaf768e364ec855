/** The own routing module of a configuration: loaded, or refused in words for people. */
import { pathToFileURL } from "node:url";
import type { RouteFunction } from "../routing/define-route.ts";

/** The default export of `routing.module`. Throws Error that names the file and the reason. */
export async function loadOwnRoute(path: string): Promise<RouteFunction> {
  const route = await importDefault(path);
  if (typeof route === "function") return route as RouteFunction;
  throw new Error(`routing.module: ${path} has no default export made by defineRoute(...)`);
}

async function importDefault(path: string): Promise<unknown> {
  try {
    // The query makes a reload read the file again.
    const loaded = (await import(`${pathToFileURL(path).href}?${process.hrtime.bigint()}`)) as { default?: unknown };
    return loaded.default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`routing.module: ${path} cannot be loaded: ${reason}`, { cause: error });
  }
}
