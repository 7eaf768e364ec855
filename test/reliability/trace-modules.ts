/** Loaded before a program: writes the modules that it has loaded into the file `TRACE_MODULES` when told by SIGURG. */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const file = process.env["TRACE_MODULES"] ?? "";
const urls: string[] = [];
registerHooks({
  load: (url, context, nextLoad) => {
    urls.push(url);
    return nextLoad(url, context);
  },
});
process.on("SIGURG", () => writeFileSync(file, urls.join("\n")));
