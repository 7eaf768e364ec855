/** The own routing module of a configuration: loaded, or refused in words for people. */
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RouteFunction } from "../../routing/define-route.ts";
import { messageOf } from "../../core/errors/message-of.ts";

/** The default export of `routing.module`. Throws Error that names the file and the reason. */
export async function loadOwnRoute(path: string): Promise<RouteFunction> {
  const route = await importDefault(path);
  if (typeof route === "function") return route as RouteFunction;
  throw new Error(`routing.module: ${path} has no default export made by defineRoute(...)`);
}

/** By which such a module imports `defineRoute`. */
const ownName = "claude-code-router-ops";

let isOwnNameServed = false;

/** Wherever this package is installed, a module finds it: what was installed globally ES modules do not look for. */
function serveOwnName(): void {
  if (isOwnNameServed) return;
  isOwnNameServed = true;
  const built = import.meta.resolve(ownName);
  const own = existsSync(fileURLToPath(built)) ? built : new URL("../../index.ts", import.meta.url).href;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier !== ownName) throw error;
        return next(own, context);
      }
    },
  });
}

async function importDefault(path: string): Promise<unknown> {
  serveOwnName();
  try {
    // The query makes a reload read the file again.
    const loaded = (await import(`${pathToFileURL(path).href}?${process.hrtime.bigint()}`)) as { default?: unknown };
    return loaded.default;
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`routing.module: ${path} cannot be loaded: ${reason}`, { cause: error });
  }
}
