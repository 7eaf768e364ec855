#!/usr/bin/env node
// Kept in plain, old JavaScript: an older Node must get as far as saying that it is too old.
var needed = [22, 19];
var found = process.versions.node.split(".").map(Number);

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  process.stderr.write(
    "ccr: needs Node.js " +
      needed.join(".") +
      " or newer, this is " +
      process.versions.node +
      "; install a newer one from https://nodejs.org\n",
  );
  process.exit(1);
} else {
  start();
}

// The package brings dist/; a checkout without it runs the sources, which Node reads as they are.
function start() {
  import("node:fs")
    .then(function (fs) {
      var built = new URL("../dist/cli/main.js", import.meta.url);
      return import(fs.existsSync(built) ? built.href : new URL("../src/cli/main.ts", import.meta.url).href);
    })
    .catch(function (error) {
      process.stderr.write("ccr: cannot start: " + (error && error.message) + "\n");
      process.exit(1);
    });
}
