#!/usr/bin/env node
// Kept in plain, old JavaScript: an older Node must get as far as saying that it is too old. Exit code 2: 1 would be a
// warning of `ccr doctor`. 23 ended without what the ledger needs of node:sqlite; the last of 22 have it.
var found = process.versions.node.split(".").map(Number);

if (found[0] < 22 || (found[0] === 22 && found[1] < 19) || found[0] === 23) {
  process.stderr.write(
    "ccr: needs Node.js 22.19 or newer, but not 23; this is " +
      process.versions.node +
      ", install a newer one from https://nodejs.org\n",
  );
  process.exit(2);
} else if (typeof WebAssembly === "undefined") {
  process.stderr.write(
    "ccr: needs WebAssembly, which this Node.js runs without; leave out --jitless or --lite-mode (also in NODE_OPTIONS)\n",
  );
  process.exit(2);
} else {
  start();
}

// What V8 compiled is kept for the next start. In the state folder: in a folder for all users others could write it.
// That folder is made here, one level: where a file system refuses it with ENOENT, Node would try without end.
function keepCompiled(module, path, fs, home) {
  var environment = process.env;
  var xdg = environment.XDG_STATE_HOME;
  var state = environment.CCR_HOME || (xdg ? path.join(xdg, "ccr") : path.join(home, ".ccr"));
  try {
    if (!fs.existsSync(state)) fs.mkdirSync(state, { mode: 448 });
    if (module.enableCompileCache) module.enableCompileCache(path.join(state, "compile-cache"));
    // oxlint-disable-next-line no-unused-vars -- an old Node reads no catch without a name
  } catch (error) {
    // Nothing is kept; a command that needs the folder says what is wrong with it.
  }
}

// The package brings dist/; a checkout without it runs the sources, which Node reads as they are.
function start() {
  Promise.all([import("node:fs"), import("node:module"), import("node:path"), import("node:os")])
    .then(function (modules) {
      var fs = modules[0];
      keepCompiled(modules[1], modules[2], fs, modules[3].homedir());
      var built = new URL("../dist/cli/main.js", import.meta.url);
      return import(fs.existsSync(built) ? built.href : new URL("../src/cli/main.ts", import.meta.url).href);
    })
    .catch(function (error) {
      process.stderr.write("ccr: cannot start: " + (error && error.message) + "\n");
      process.exit(2);
    });
}
