#!/usr/bin/env bash
# test-all.sh COMMAND...: runs the test command with the slow suites on, and fails when tests were skipped because the shared data is absent.
set -euo pipefail
cd "$(dirname "$0")/.."

# The tests look there too when the variable is not set.
data=${PIPELINE_SHARED_DATA:-../shared/data}
if [[ ! -d $data ]]; then
    echo "error: the shared data is not there ($data). Set PIPELINE_SHARED_DATA to its folder, or run 'make test', which skips its tests." >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
PIPELINE_TEST_ALL=1 "$@" 2>&1 | tee "$log"

if grep -i 'skipped' "$log" | grep 'PIPELINE_SHARED_DATA' >&2; then
    echo "error: the tests above were skipped for want of data in $data." >&2
    exit 1
fi
