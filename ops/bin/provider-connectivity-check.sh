#!/usr/bin/env bash
# DNS, TCP, TLS and each key of the providers that are configured, each timed and limited.
# Exit codes: 0 fine, 1 warning, 2 critical. Arguments are passed on: names of providers, --limit 5s, --json.
set -euo pipefail
# shellcheck source=ops/bin/ccr.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/ccr.sh" || exit 2
run_ccr providers check "$@"
