/** The program's main file for tests that start it: what CCR_TEST_PROGRAM names, else the sources. */
import { join } from "node:path";

/**
 * A whole run of the tests builds the program once and names it there, since a start from one file costs half of one from
 * 850. Never `dist/` itself, as bin/ccr.js would take it: that may be of another day.
 */
export const mainFile: string = process.env["CCR_TEST_PROGRAM"] ?? join(import.meta.dirname, "../../src/cli/main.ts");
