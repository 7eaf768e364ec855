/** What is in the published package, and how large it is. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { dropUnusedTypes } from "../../tools/build/drop-unused-types.ts";
import { installBuilt } from "../kit/built-package.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

const projectFolder = join(import.meta.dirname, "../..");

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Without the build, which belongs to `npm pack` itself: what stands in dist/ now. */
function packDry(): Packed {
  const { stdout, stderr } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: projectFolder,
    encoding: "utf8",
  });
  const [packed] = JSON.parse(stdout) as [Packed | undefined];
  assert.ok(packed, stderr);
  return packed;
}

/** From the package's folder. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(projectFolder, page), "utf8");
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, path]) => normalize(join(dirname(page), path!)));
}

test("the package: it holds what runs and nothing else, and is small", () => {
  const { files, size, unpackedSize } = packDry();
  // The schema is there for editors, ops/ for operators, all pages because README.md leads to them.
  const allowed =
    /^(bin\/|dist\/|LICENSE$|package\.json$|[A-Z]+\.md$|docs\/ccr\.schema\.json$|docs\/.+\.md$|examples\/|ops\/)/;
  assert.deepEqual(
    files.map(({ path }) => path).filter((path) => !allowed.test(path)),
    [],
  );
  assert.ok(size < 1_000_000, `${size} bytes packed`);
  assert.ok(unpackedSize < 5_000_000, `${unpackedSize} bytes unpacked`);
});

test("the package: each page that the program points to is in it, and each file or folder that its own pages link to", async (t) => {
  const { folder } = await installBuilt(t);
  const files = packDry().files.map(({ path }) => path);
  const packed = new Set(files);
  const pages = files.filter((path) => path.endsWith(".md"));
  assert.deepEqual(
    pages.flatMap(linksOf).filter((link) => !files.some((path) => path === link || path.startsWith(`${link}/`))),
    [],
  );
  const texts = globSync("dist/**/*.js", { cwd: folder }).map((file) => readFileSync(join(folder, file), "utf8"));
  const named = new Set(texts.flatMap((text) => text.match(/(?<![\w/.-])docs\/[\w-]+\.md/g) ?? []));
  assert.ok(named.has("docs/config.md"));
  assert.deepEqual(
    [...named].filter((page) => !packed.has(page)),
    [],
  );
});

test("the build: it takes no sources, tests, conformance suites or test data along, and every license of what it joins in", async (t) => {
  const { folder } = await installBuilt(t);
  const files = globSync("**/*", { cwd: join(folder, "dist") });
  assert.ok(files.includes(join("cli", "main.js")));
  const needless = /\.ts$|\.test\.|\.conformance\.|testdata|(^|\/)test-/;
  assert.deepEqual(
    files.filter((file) => needless.test(file)),
    [],
  );
  const licenses = readFileSync(join(folder, "dist/third-party-licenses.txt"), "utf8");
  for (const name of ["commander", "pino", "prom-client", "yaml", "zod"])
    assert.match(licenses, new RegExp(`^${name} \\d`, "m"));
});

test("the build: it has no word that Node 22 cannot read, though this Node can", async (t) => {
  const { folder } = await installBuilt(t);
  const scripts = globSync("dist/**/*.js", { cwd: folder });
  assert.ok(scripts.length > 10);
  assert.deepEqual(
    scripts.filter((script) => /\busing [\w$]+ = /.test(readFileSync(join(folder, script), "utf8"))),
    [],
  );
});

test("the build: of the declarations of types those stay to which imports lead from the library's", (t) => {
  const folder = createTemporaryFolder(t);
  mkdirSync(join(folder, "a"));
  const declarations = {
    "index.d.ts": 'export { b } from "./a/b.ts";\nexport type { X } from "package";',
    "a/b.d.ts": 'export declare const b: import("../c.ts").C;',
    "c.d.ts": "export type C = 1;",
    "a/unused.d.ts": 'import "../c.ts";',
  };
  for (const [file, text] of Object.entries(declarations)) writeFileSync(join(folder, file), text);
  dropUnusedTypes(folder);
  assert.deepEqual(globSync("**/*.d.ts", { cwd: folder }).sort(), ["a/b.d.ts", "c.d.ts", "index.d.ts"]);
});
