/** The text of a first ccr.yaml: short, commented, valid. */

export interface InitialChoices {
  /** Catalog entries, with the variable of each key; null for a server that needs none. */
  readonly providers: readonly { readonly kind: string; readonly keyVariable: string | null }[];
  readonly port: number;
}

/** A configuration with these providers, all else at its default; what is shown as a comment is in force without its `# `. */
export function initialConfig({ providers, port }: InitialChoices): string {
  const [first = "anthropic"] = providers.map((provider) => provider.kind);
  return `# Configuration of Claude Code Router. Every setting: docs/config.md. Check it: ccr validate-config
# Texts may hold \${VARIABLE}, \${VARIABLE:-default} and \${file:/path}.
# yaml-language-server: $schema=https://unpkg.com/claude-code-router-ops/docs/ccr.schema.json

server:
  host: 127.0.0.1 # other addresses need keys: ccr keys create --user NAME
  port: ${port}

# The order counts: the first provider serves what nothing else places.
providers:
${providers.map(formatProvider).join("")}
# Names of your own for models.
# aliases:
#   fast: ${first}/MODEL

# routing:
#   default: ${first}/MODEL # where unknown model names go
#   # The usual scenarios of Claude Code; each takes one target or several in order.
#   scenarios:
#     background: ${first}/SMALL-MODEL
#     think: ${first}/MODEL
#     longContext: { thresholdTokens: 60000, to: ${first}/LONG-CONTEXT-MODEL }
#   rules:
#     - name: interns-small
#       when: { team: interns, model: "claude-opus-*" }
#       to: ${first}/SMALL-MODEL
#   # Targets to try when those of a call fail.
#   fallbacks:
#     "*": [${first}/MODEL]

# budgets:
#   caps:
#     - { scope: user, daily: 20, monthly: 200 } # US dollars, for each user
`;
}

function formatProvider({ kind, keyVariable }: InitialChoices["providers"][number]): string {
  if (keyVariable === null) return `  ${kind}: {} # a server on this machine, without a key\n`;
  return `  ${kind}:\n    apiKey: \${${keyVariable}}\n`;
}
