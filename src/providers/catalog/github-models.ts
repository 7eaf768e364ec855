/** GitHub Models, kept so that configurations that name it are told what became of it. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const githubModels: CatalogEntry = defineEntry({
  kind: "github-models",
  title: "GitHub Models",
  keyVariables: ["GITHUB_TOKEN"],
  root: "https://models.github.ai",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/inference" },
  modelList: null,
  retired: {
    fact: "GitHub Models was retired on 30 July 2026: its inference API answers nobody any more.",
    source: "https://github.com/orgs/community/discussions/203602",
  },
});
