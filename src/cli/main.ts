/** The entry of the `ccr` program. The status line goes ahead of all else: the client runs it again and again, and waits. */
import { runStatusline } from "./commands/statusline.ts";
import { limitCollectorThreads } from "./process/collector-threads.ts";
import { holdHangups, startsHere } from "./process/hold-hangups.ts";
import { hideSqliteWarning } from "./process/hide-sqlite-warning.ts";

if (startsHere(process.argv.slice(2))) holdHangups();
hideSqliteWarning();
limitCollectorThreads();

const [command, ...rest] = process.argv.slice(2);

if (command === "statusline" && rest.length === 0) {
  await runStatusline(process.env, process.cwd(), process.stdin, process.stdout);
} else {
  await import("./run-program.ts");
}
