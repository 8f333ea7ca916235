#!/usr/bin/env bash
# run.sh: measures a maintenance job beside Polars, numpy and XGBoost on C-MAPSS FD001 and FD003 repeated, and prints Markdown tables.
#
#   BENCH_ROUNDS=3              rounds of ours and the peer's in turn (3)
#   BENCH_COPIES="11 110"       how often the 45,351 rows are repeated: half a million and five million (11 110)
#   PIPELINE_SHARED_DATA=DIR    where maintenance/cmapss lies (../shared/data)
#   TMPDIR=DIR                  where databases and repeated data go; removed afterwards
set -euo pipefail
cd "$(dirname "$0")/../.."

program=.build/release/pipeline
[[ -x $program ]] || { echo "error: $program is not there. Run 'make bench', which builds it." >&2; exit 1; }

source Benchmarks/python.sh
exec "$python" Benchmarks/maintenance/measure_maintenance.py
