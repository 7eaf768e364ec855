#!/usr/bin/env bash
# Finds the `ccr` program for the scripts beside this file, which source it. Exit code 2 where it is missing: whatever
# asked for a check must not take a missing tool for good health.

# run_ccr ARGUMENTS...: runs ccr, of this checkout or package if there is one, else of the PATH; exits with its code.
run_ccr() {
  local root node
  root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
  if [ -f "$root/bin/ccr.js" ]; then
    # A checkout brings its own Node.js: the one on the PATH may be an older one.
    for node in "${CCR_NODE:-}" "$root/node_modules/.bin/node" node; do
      if [ -n "$node" ] && command -v -- "$node" >/dev/null 2>&1; then
        exec "$node" "$root/bin/ccr.js" "$@"
      fi
    done
    echo "$(basename -- "$0"): Node.js is missing; install it from https://nodejs.org, or name it in CCR_NODE" >&2
    exit 2
  fi
  if command -v ccr >/dev/null 2>&1; then
    exec ccr "$@"
  fi
  echo "$(basename -- "$0"): ccr is missing; install the package, or run this from a checkout" >&2
  exit 2
}
