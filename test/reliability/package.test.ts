/** What is in the published package, and how large it is. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import { test } from "node:test";

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

test("the package: it holds what runs and nothing else, and is small", () => {
  const { files, size, unpackedSize } = packDry();
  // The schema is there for editors, runbooks and the rest of ops/ for operators.
  const allowed =
    /^(bin\/|dist\/|LICENSE$|README\.md$|CHANGELOG\.md$|package\.json$|docs\/ccr\.schema\.json$|docs\/runbooks\/\w+\.md$|ops\/)/;
  assert.deepEqual(
    files.map(({ path }) => path).filter((path) => !allowed.test(path)),
    [],
  );
  assert.ok(size < 1_000_000, `${size} bytes packed`);
  assert.ok(unpackedSize < 5_000_000, `${unpackedSize} bytes unpacked`);
});

test("the build: it takes no tests, conformance suites or test data along", () => {
  // What it would compile, which takes a tenth of the time of doing so.
  const tsc = join(projectFolder, "node_modules/.bin/tsc");
  const args = ["-p", "tsconfig.build.json", "--listFilesOnly"];
  const { status, stdout } = spawnSync(tsc, args, { cwd: projectFolder, encoding: "utf8" });
  assert.equal(status, 0, stdout);
  const files = stdout.split("\n").map((file) => relative(projectFolder, file));
  const own = files.filter((file) => !file.startsWith("node_modules/"));
  assert.ok(own.includes("src/cli/main.ts"));
  assert.deepEqual(
    own.filter((file) => !/^src\/|^$/.test(file) || /\.test\.|\.conformance\.|testdata|(^|\/)test-/.test(file)),
    [],
  );
});
