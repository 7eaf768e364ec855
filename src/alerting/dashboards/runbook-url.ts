export function runbookUrl(alert: string): string {
  return `https://example.invalid/docs/runbooks/${alert}.md`;
}
