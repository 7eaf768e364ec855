/**
 * Which modules go into one file because whoever loads one of them loads them all.
 *
 * Left to themselves bundlers make a file for each set of programs that share a module: a hundred of them, of which a start
 * would look up 60. Larger files than these cost those who need a part of them only.
 */

/** A file's name, and the modules, by their path in src/, where its loading begins. The first one that reaches a module holds it. */
const files: readonly (readonly [name: string, begins: readonly string[]])[] = [
  ["entry", ["cli/main"]],
  ["ledger", ["costs/ledger/sqlite/sqlite-thread-main"]],
  ["command", ["cli/run-program", "cli/commands/status", "cli/commands/stop", "cli/commands/logs"]],
  ["settings", ["cli/instance/load-settings", "cli/commands/keys"]],
  ["start", ["cli/commands/start", "app/start", "app/runtime/providers-of"]],
];

/** What the bundler knows of modules. */
interface Graph {
  getModuleInfo(id: string): ModuleInfo | null;
}

interface ModuleInfo {
  readonly isEntry: boolean;
  readonly importedIds: readonly string[];
  /** Who loads it when it is needed. */
  readonly dynamicImporters: readonly string[];
}

/** Answers the file of a module; null where it is left to the bundler: those that are loaded by themselves stay so. */
export function createFileOf(toId: (path: string) => string): (id: string, graph: Graph) => string | null {
  let fileOf: Map<string, string> | null = null;
  return (id, graph) => {
    fileOf ??= assignFiles(toId, graph);
    return fileOf.get(id) ?? null;
  };
}

function assignFiles(toId: (path: string) => string, graph: Graph): Map<string, string> {
  const fileOf = new Map<string, string>();
  for (const [name, paths] of files) {
    const visited = new Set<string>();
    const visit = (id: string): void => {
      if (visited.has(id)) return;
      visited.add(id);
      const info = graph.getModuleInfo(id);
      if (info === null) return;
      if (!info.isEntry && info.dynamicImporters.length === 0 && !fileOf.has(id)) fileOf.set(id, name);
      info.importedIds.forEach(visit);
    };
    for (const path of paths) {
      if (graph.getModuleInfo(toId(path)) === null) throw new Error(`no module ${path}: change loaded-together.ts`);
      visit(toId(path));
    }
  }
  return fileOf;
}
