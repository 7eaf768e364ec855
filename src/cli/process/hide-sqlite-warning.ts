/**
 * Node 22 calls `node:sqlite` experimental in a warning, which stood in the output of every command that reads the ledger.
 * What the ledger uses of it is the same in Node 24, which calls it stable.
 */
export function hideSqliteWarning(): void {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] === "ExperimentalWarning" && String(warning).startsWith("SQLite ")) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}
