/** Loaded before a program: writes the modules that it has loaded into the file `TRACE_MODULES` when told by SIGURG. */
import { renameSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const file = process.env["TRACE_MODULES"] ?? "";
const urls: string[] = [];
registerHooks({
  load: (url, context, nextLoad) => {
    urls.push(url);
    return nextLoad(url, context);
  },
});
process.on("SIGURG", () => {
  // Whole at once: somebody waits for it.
  writeFileSync(`${file}.part`, urls.join("\n"));
  renameSync(`${file}.part`, file);
});
