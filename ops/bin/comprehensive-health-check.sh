#!/usr/bin/env bash
# Is the running router well? A score, every finding, and what to do.
# Exit codes: 0 fine, 1 warning, 2 critical. Arguments are passed on: --url URL, --watch 10s, --json.
set -euo pipefail
# shellcheck source=ops/bin/ccr.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/ccr.sh" || exit 2
run_ccr doctor "$@"
