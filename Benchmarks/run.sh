#!/usr/bin/env bash
# run.sh [PART...]: measures `pipeline` beside its peers and prints Markdown tables; parts: write no-write scale, all when none is given.
#
#   BENCH_ROUNDS=5              rounds of ours and the peer's in turn (3)
#   BENCH_DAYS="60 600 3000"    days of `scale`, of 17,000 rows each (60 600)
#   BENCH_100M=1                also 6,000 days, 100 million rows: a quarter of an hour, 30 GB of disk
#   PIPELINE_SHARED_DATA=DIR    where fraud/transactions/*.csv.gz lies (../shared/data); without it only `scale` can run
#   TMPDIR=DIR                  where databases and simulated data go; removed afterwards
set -euo pipefail
cd "$(dirname "$0")/.."

program=.build/release/pipeline
[[ -x $program ]] || { echo "error: $program is not there. Run 'make bench', which builds it." >&2; exit 1; }

source Benchmarks/python.sh
exec "$python" Benchmarks/measure.py "$@"
