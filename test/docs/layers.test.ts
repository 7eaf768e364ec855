/** Whatever files and folders stand beside each other, imports between them lead one way: each folder reads from its ground up. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");

/** By folder: who of its files and folders imports whom, with the import that shows it. */
type Layers = Map<string, Map<string, Map<string, string>>>;

test("no two files or folders that stand beside each other in src/ import in a circle", () => {
  const layers = readLayers();
  assert.ok(layers.size > 50);
  for (const [folder, neighbours] of layers) assert.deepEqual(findCircle(neighbours), null, `in ${folder}`);
});

test("a circle of folders is found though none of their files imports in one", () => {
  const neighbours = new Map([
    ["a", new Map([["b", "a/one.ts imports b/one.ts"]])],
    ["b", new Map([["c", "b/two.ts imports c/one.ts"]])],
    ["c", new Map([["a", "c/two.ts imports a/two.ts"]])],
  ]);
  assert.deepEqual(findCircle(neighbours), [
    "a/one.ts imports b/one.ts",
    "b/two.ts imports c/one.ts",
    "c/two.ts imports a/two.ts",
  ]);
});

function readLayers(): Layers {
  const layers: Layers = new Map();
  // Tests may look at everything.
  const isTest = /\.(test|conformance)\.ts$|[/\\]test-[\w-]+\.ts$/;
  for (const file of globSync("src/**/*.ts", { cwd: root }).filter((path) => !isTest.test(path))) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, path] of text.matchAll(/^(?:import|export)\s[^;]*?\sfrom "(\.[^"]+)";/gm)) {
      note(layers, file, join(dirname(file), path!));
    }
  }
  return layers;
}

/** An import is one between neighbours in the folder that both paths have in common. */
function note(layers: Layers, importer: string, imported: string): void {
  const [from, to] = [importer.split(sep), imported.split(sep)];
  const depth = from.findIndex((name, index) => name !== to[index]);
  const folder = from.slice(0, depth).join("/");
  const neighbours = layers.get(folder) ?? new Map<string, Map<string, string>>();
  layers.set(folder, neighbours);
  const imports = neighbours.get(from[depth]!) ?? new Map<string, string>();
  neighbours.set(from[depth]!, imports.set(to[depth]!, `${importer} imports ${imported}`));
}

/** The imports that make a circle; null where there is none. */
function findCircle(neighbours: ReadonlyMap<string, ReadonlyMap<string, string>>): readonly string[] | null {
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[], imports: readonly string[]): readonly string[] | null => {
    const start = path.indexOf(name);
    if (start >= 0) return imports.slice(start);
    if (done.has(name)) return null;
    for (const [next, shown] of neighbours.get(name) ?? []) {
      const circle = walk(next, [...path, name], [...imports, shown]);
      if (circle !== null) return circle;
    }
    done.add(name);
    return null;
  };
  for (const name of neighbours.keys()) {
    const circle = walk(name, [], []);
    if (circle !== null) return circle;
  }
  return null;
}
