/** A runbook as the tests read it: its sections, and the commands of each. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../docs/runbooks");

export const runbookSections = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Prevention"] as const;

type Section = (typeof runbookSections)[number];

export interface Runbook {
  readonly alert: string;
  readonly text: string;
  readonly titles: readonly string[];
  readonly sections: ReadonlyMap<string, string>;
}

/** Names of all pages, without `README`. */
export function runbookNames(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file !== "README.md")
    .map((file) => file.replace(/\.md$/, ""));
}

export function readRunbook(alert: string): Runbook {
  const text = readFileSync(join(folder, `${alert}.md`), "utf8");
  const parts = text.split(/^## (.+)$/m);
  const sections = new Map<string, string>();
  for (let index = 1; index < parts.length; index += 2) sections.set(parts[index]!, parts[index + 1]!.trim());
  const titles = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!);
  return { alert, text, titles, sections };
}

/** Lines of the section's `sh` blocks, each a command. */
export function commandsOf({ sections }: Runbook, section: Section): readonly string[] {
  const blocks = [...(sections.get(section) ?? "").matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, block]) => block!.split("\n").filter((line) => line !== ""));
}
