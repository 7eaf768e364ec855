/** `npm run build`: makes `dist/`, the package's content: the program, and the types of what others may import of it. */
import { spawnSync } from "node:child_process";
import { buildProgram } from "./build/build-program.ts";
import { dropUnusedTypes } from "./build/drop-unused-types.ts";

await buildProgram("dist");
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
dropUnusedTypes("dist");
process.exitCode = status ?? 1;
