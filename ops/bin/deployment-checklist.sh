#!/usr/bin/env bash
# May this be deployed? Node.js, build, configuration, keys, stores, disk, memory, clock, port, and a trial start.
# Exit codes: 0 fine, 1 warning, 2 critical. Arguments are passed on: --config FILE, --json.
set -euo pipefail
# shellcheck source=ops/bin/ccr.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/ccr.sh" || exit 2
run_ccr preflight "$@"
