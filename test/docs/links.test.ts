/** Whoever begins at README.md comes to every page, and no link leads nowhere. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const pages = [...globSync("*.md", { cwd: root }), ...globSync("docs/**/*.md", { cwd: root })];
const read = (page: string): string => readFileSync(join(root, page), "utf8");

interface Link {
  /** From the project's folder. */
  readonly path: string;
  /** Without `#`; empty where none is named. */
  readonly heading: string;
}

function linksOf(page: string): readonly Link[] {
  return [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, path, heading]) => ({
    path: path === "" ? page : normalize(join(dirname(page), path!)),
    heading: heading ?? "",
  }));
}

/** A heading's name in links, as GitHub makes it. */
function headingsOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("each link of the pages leads to a file that is there, and to a heading of it", () => {
  for (const page of pages) {
    for (const { path, heading } of linksOf(page)) {
      assert.ok(existsSync(join(root, path)), `${page}: ${path}`);
      if (heading !== "") assert.ok(headingsOf(path).includes(heading), `${page}: ${path}#${heading}`);
    }
  }
});

test("README.md leads to every page", () => {
  const reached = new Set(["README.md"]);
  // A set's loop also sees what is added meanwhile.
  for (const page of reached) {
    if (!page.endsWith(".md")) continue;
    for (const { path } of linksOf(page)) {
      reached.add(path);
      if (!statSync(join(root, path)).isDirectory()) continue;
      for (const inside of globSync("*.md", { cwd: join(root, path) })) reached.add(join(path, inside));
    }
  }
  assert.deepEqual(
    pages.filter((page) => !reached.has(page)),
    [],
  );
});
