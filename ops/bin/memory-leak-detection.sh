#!/usr/bin/env bash
# Is memory leaking, or is it load? Watches the heap's floor; --heap-snapshot writes a snapshot and prints its file.
# Exit codes: 0 fine, 1 warning, 2 critical. Arguments are passed on: --url URL, --watch 5m, --heap-snapshot, --json.
set -euo pipefail
# shellcheck source=ops/bin/ccr.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/ccr.sh" || exit 2
run_ccr investigate memory "$@"
