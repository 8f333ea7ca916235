#!/usr/bin/env bash
# run.sh: measures the CSV reader beside DuckDB, Polars and pyarrow and prints Markdown tables. Needs `swift build --build-tests` in release
# (`make test` leaves it behind).
#
#   BENCH_ROUNDS=5         rounds of all in turn (5)
#   BENCH_MB=100           size of the file (100)
#   BENCH_LARGE_MB=2000    size of the large one (2000)
#   TMPDIR=DIR             where the files go; removed afterwards
set -euo pipefail
cd "$(dirname "$0")/../.."

tests=${BENCH_TESTS:-.build/release/pipelinePackageTests.xctest}
[[ -x $tests ]] || { echo "error: $tests is not there. Run 'make test' first." >&2; exit 1; }

python=.build/feeds-venv/bin/python3
if [[ ! -x $python ]] || ! "$python" -c 'import duckdb, polars, pyarrow' 2>/dev/null; then
    echo "Installing the peers into .build/feeds-venv ..." >&2
    python3 -m venv .build/feeds-venv
    .build/feeds-venv/bin/pip install --quiet -r Benchmarks/feeds/requirements.txt
fi
exec "$python" Benchmarks/feeds/measure_feeds.py
