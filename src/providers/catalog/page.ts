/** docs/providers.md, from the catalog: a test keeps the two equal. */
import { catalog } from "./catalog.ts";
import type { CatalogEntry, CatalogModel } from "./entry.ts";

const head = `# Providers

Generated from \`src/providers/catalog\`; the facts are of November 2026. To change it, change the catalog and run
\`UPDATE=1 npm test -- src/providers/catalog/page.test.ts\`.

A provider in \`ccr.yaml\` needs no more than its name and key, or only the name where the key is in the environment. The
first dialect is preferred; a client that speaks one of a provider's dialects is passed through without translation. Any
model of a provider can be asked for as \`provider/model\`, listed here or not. What the catalog says is overridden by
\`baseUrl\`, \`region\`, \`dialect\`, \`models\` and \`traits\` (docs/config.md).
`;

const tail = `## How failures are read

Status first, but wordings go before it where providers disagree: used-up credit comes under 400, 402, 403, 412 and 429, an
unknown model under 400 and 404, a bad key under 400, 401 and 403, a prompt that does not fit under 400, 413, 422 and 500.

| the provider says | code | same target again | other key | other target |
| --- | --- | --- | --- | --- |
| 429, or 413 for the tokens of a minute | \`provider_rate_limited\` | after its wait (413: no) | yes | yes |
| 401, \`API key not valid\` | \`provider_rejected_credentials\` | no | yes | yes |
| 403 | \`provider_denied_permission\` | no | yes | yes |
| 402, \`insufficient_quota\`, \`Insufficient balance\`, … | \`provider_out_of_credit\` | no | yes | yes |
| 404, \`model_not_found\`, \`Model Not Exist\`, … | \`provider_model_not_found\` | no | no | yes |
| 503, 529, 498, \`overloaded\` | \`provider_overloaded\` | yes | no | yes |
| other 5xx, 409, 424, 425, 499, \`tool_use_failed\` | \`provider_failed\` | yes | no | yes |
| 408, 504, 524 | \`provider_timeout\` | yes | no | yes |
| 407, of a proxy in between | \`provider_unreachable\` | no | no | yes |
| 413 | \`provider_request_too_large\` | no | no | yes |
| a prompt that does not fit | \`caller_context_overflow\` | no | no | \`routing.contextOverflow\` only |
| other 4xx | \`provider_rejected_request\` | no | no | no |

How long to wait is read from \`retry-after-ms\`, \`retry-after\` (seconds or a date), Gemini's RetryInfo, the
\`x-ratelimit-reset-*\` of a limit that is used up, or the sentence "try again in …". A date or moment counts by the provider's clock (\`date\`).

## How connections fail

| the provider | the call gets |
| --- | --- |
| refuses, resets or closes before answering, has an unknown name, a bad or expired certificate | \`provider_unreachable\` that says which |
| takes no connection within \`timeouts.connectMs\` | \`provider_timeout\` |
| has all of \`maxSockets\` connections in use for \`timeouts.connectMs\` | \`router_overloaded\`, which opens no breaker |
| takes the request and sends no head within \`timeouts.firstByteMs\` | \`provider_timeout\` |
| falls silent in its answer for \`timeouts.betweenBytesMs\` (a slow client's pauses do not count) | \`provider_timeout\` |
| sends what is no HTTP, more than 64 KiB of headers, or a broken compression | \`provider_bad_answer\` |
| ends, resets or stops its body early | \`provider_cut_answer\` |
| sends without end to a client that reads nothing | is paused: at most some 100 KB wait in the router |
| sends a second answer along with the first | loses that connection; no other call sees it |
| speaks HTTP/1.0 | is understood |
| compresses although asked not to | is unpacked (gzip, deflate, br, zstd) |
| is moved to another address | is looked up anew for each new connection; idle ones end after 50 s or when its \`keep-alive\` header says |

One request is never sent twice by the connection itself: whether to try again is decided, and recorded, by the call.
`;

/** The whole page, as Markdown. */
export function renderProvidersPage(): string {
  return [head, renderOverview(), ...catalog.map((entry) => renderEntry(entry)), tail].join("\n");
}

function renderOverview(): string {
  const rows = catalog.map((entry) => {
    const link = `[${entry.kind}](#${anchor(entry)})`;
    const dialects = entry.retired === null ? entry.dialects.join(", ") : "retired";
    const defaults = entry.defaultModels === null ? "" : `${entry.defaultModels.main}, ${entry.defaultModels.small}`;
    return `| ${link} | ${entry.keyVariables.join(", ")} | ${dialects} | ${defaults} |`;
  });
  return table("| kind | key from | dialects | default models (main, small) |", rows);
}

function anchor(entry: CatalogEntry): string {
  return entry.title
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replace(/ /g, "-");
}

function renderEntry(entry: CatalogEntry): string {
  const parts = [`## ${entry.title}\n`];
  if (entry.retired !== null) parts.push(`${entry.retired.fact} (<${entry.retired.source}>)\n`);
  else parts.push(renderFacts(entry));
  if (entry.models.length > 0) parts.push(table("| model | context | largest output |", entry.models.map(renderModel)));
  if (entry.quirks.length > 0)
    parts.push(`${entry.quirks.map(({ fact, source }) => `- ${fact} (<${source}>)`).join("\n")}\n`);
  return parts.join("\n");
}

function renderFacts(entry: CatalogEntry): string {
  const facts = [
    `- kind: \`${entry.kind}\``,
    ...entry.dialects.map(
      (dialect) =>
        `- ${dialect}: ${entry.root === null ? "your `baseUrl`" : `\`${entry.root}${entry.paths[dialect] ?? ""}\``}`,
    ),
    `- key: ${renderKey(entry)}`,
  ];
  const regions = Object.entries(entry.regions);
  if (regions.length > 0) facts.push(`- regions: ${regions.map(([name, root]) => `\`${name}\` ${root}`).join(", ")}`);
  if (entry.dialects.includes("anthropic-messages")) {
    facts.push(`- count_tokens: ${entry.hasCountTokens ? "its own" : "estimated by the router"}`);
  }
  if (entry.modelPatterns.length > 0)
    facts.push(`- known for: ${entry.modelPatterns.map((one) => `\`${one}\``).join(", ")}`);
  return `${facts.join("\n")}\n`;
}

function renderKey(entry: CatalogEntry): string {
  const header = entry.auth === "bearer" ? "`Authorization: Bearer`" : "`x-api-key`";
  const variables = entry.keyVariables.map((name) => `\`${name}\``).join(" or ");
  if (entry.isKeyOptional) return `none needed; ${header} if set`;
  return `${header}, from ${variables}`;
}

function renderModel({ name, contextTokens, maxOutputTokens }: CatalogModel): string {
  return `| ${name} | ${renderTokens(contextTokens)} | ${renderTokens(maxOutputTokens)} |`;
}

function renderTokens(tokens: number | null): string {
  return tokens === null ? "not published" : tokens.toLocaleString("en-US");
}

function table(header: string, rows: readonly string[]): string {
  const rule = header.replace(/[^|]+/g, " --- ");
  return `${[header, rule, ...rows].join("\n")}\n`;
}
