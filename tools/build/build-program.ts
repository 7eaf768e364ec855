/**
 * The program as the package holds it: modules joined into few files, and the files that are read at run time.
 *
 * A start that looks up 850 modules one by one spends a third of its time on that. What every start needs of other
 * packages is joined in as well; the rest of them is loaded by those who need it, and stays outside.
 */
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type { OutputChunk } from "rolldown";
import { createFileOf } from "./loaded-together.ts";
import { licensesOf } from "./third-party-licenses.ts";

const root = join(import.meta.dirname, "../..");
const sources = join(root, "src");

/** Where programs and threads begin, and what others import; by their path in src/. */
const entries = ["cli/main", "index", "costs/ledger/sqlite/sqlite-thread-main", "app/workers/worker-main"];

/** Packages of which every start needs something. */
const joined = /^(commander|pino|prom-client|yaml|zod)(\/|$)/;

/** Builds into `folder`, which is emptied first. Throws Error where a source does not compile. */
export async function buildProgram(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const chunks = await joinModules(folder);
  for (const file of globSync("**/{*.{html,css,js,json},LICENSE}", { cwd: sources, exclude: ["**/testdata/**"] })) {
    cpSync(join(sources, file), join(folder, file));
  }
  writeFileSync(join(folder, "third-party-licenses.txt"), licensesOf(chunks.flatMap(({ moduleIds }) => moduleIds)));
}

async function joinModules(folder: string): Promise<readonly OutputChunk[]> {
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry, join(sources, `${entry}.ts`)])),
    platform: "node",
    // Commands load late what the library's users have at once.
    checks: { ineffectiveDynamicImport: false },
    external: (id, importer) => isPackage(id) && !joined.test(id) && importer?.startsWith(sources) === true,
  });
  const { output } = await bundle.write({
    dir: folder,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: { groups: [{ name: createFileOf((path) => join(sources, `${path}.ts`)), debugName: "together" }] },
    comments: false,
    // Short names of variables: a fifth less text, of which V8 reads all. Names of functions, and lines, stay for stack traces.
    minify: { compress: false, mangle: { keepNames: true }, codegen: { removeWhitespace: false } },
  });
  await bundle.close();
  const chunks = output.filter((file) => file.type === "chunk");
  for (const { fileName } of chunks) writeInAscii(join(folder, fileName));
  return chunks;
}

/** One character beyond Latin-1 makes V8 keep a whole file with two bytes for each: 3 MB of an idle router. */
function writeInAscii(file: string): void {
  const code = readFileSync(file, "utf8");
  const escaped = code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  writeFileSync(file, escaped);
}

/** `pino` and `@clack/prompts`, not `./a.ts` and `/src/a.ts`. */
function isPackage(id: string): boolean {
  return /^[a-z@]/.test(id);
}
