/**
 * `npm run fuzz`: 100,000 mutated requests and 100,000 mutated provider answers against the whole router, which takes
 * some minutes. `--cases n` for another number of each, `--seed n` to look elsewhere. The suite runs 1,500 of each.
 */
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { cases: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
process.env["CCR_FUZZ"] = options.cases;
process.env["CCR_FUZZ_SEED"] = options.seed;

const stream = run({ files: globSync("test/fuzz/*.test.ts").sort(), concurrency: 1 });
stream.on("test:fail", () => (process.exitCode = 1));
stream.compose(spec).pipe(process.stdout);
