/** docs/errors.md, made of the table of errors. */
import { errorTable, faultOf } from "./error-table.ts";
import type { ErrorCode, ErrorEntry, Fault } from "./error-table.ts";

const faultTitles: Readonly<Record<Fault, string>> = {
  caller: "The caller's fault",
  policy: "A policy says no",
  provider: "The provider's fault",
  router: "The router's fault",
  dependency: "A dependency is away",
};

/** The whole page, in Markdown. */
export function renderErrorsPage(): string {
  const codes = Object.keys(errorTable) as ErrorCode[];
  const sections = (Object.keys(faultTitles) as Fault[]).map((fault) => {
    const rows = codes.filter((code) => faultOf(code) === fault).map((code) => row(code, errorTable[code]));
    return `## ${faultTitles[fault]}\n\n${tableHead}\n${rows.join("\n")}\n`;
  });
  return `${introduction}\n${sections.join("\n")}`;
}

const introduction = `# Errors

Every error that can reach a client. The first word of a code says whose fault it is; the same codes are the values of
\`error_type\` in metrics and of \`errorCode\` in the log. Clients see the shape of their dialect:

- Anthropic: \`{"type": "error", "error": {"type", "message"}, "request_id"}\`
- OpenAI: \`{"error": {"message", "type", "param", "code"}, "request_id"}\`, with our code in \`code\`

An error of a provider that speaks the client's dialect passes as the provider wrote it; the codes below are then in the record
only. One in another shape (a page, FastAPI's \`detail\`, nothing) is told in the client's, and so is a prompt that does not fit where
Claude Code would not know it by the words. \`x-should-retry: false\` goes with every error that no retry can mend (column "retry"), and with
one after which its provider says so.

This page is generated from \`src/core/errors/error-table.ts\`: \`UPDATE=1 npm test -- src/core/errors/error-page.test.ts\` rewrites it.
`;

const tableHead =
  "| code | status | Anthropic type | OpenAI type | retry | other target | cause | remedy |\n| --- | --- | --- | --- | --- | --- | --- | --- |";

function row(code: ErrorCode, entry: ErrorEntry): string {
  const cells = [
    `\`${code}\``,
    entry.status,
    `\`${entry.anthropicType}\``,
    `\`${entry.openaiType}\``,
    entry.mayClientRetry ? "yes" : "no",
    entry.mayFailOver ? "yes" : "no",
    entry.cause,
    entry.remedy,
  ];
  return `| ${cells.join(" | ")} |`;
}
