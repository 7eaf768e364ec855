#!/usr/bin/env bash
# Why is it slow? Figures now and before, and the most likely cause.
# Exit codes: 0 fine, 1 warning, 2 critical. Arguments are passed on: --url URL, --watch 30s, --window 5m, --json.
set -euo pipefail
# shellcheck source=ops/bin/ccr.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/ccr.sh" || exit 2
run_ccr investigate latency "$@"
