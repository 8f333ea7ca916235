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

python=${PYTHON:-python3}
if ! "$python" -c 'import numpy, polars, xgboost' 2>/dev/null; then
    python=.build/bench-venv/bin/python3
    if [[ ! -x $python ]] || ! "$python" -c 'import numpy, polars, xgboost' 2>/dev/null; then
        echo "Installing the peer's libraries into .build/bench-venv ..." >&2
        python3 -m venv .build/bench-venv
        .build/bench-venv/bin/pip install --quiet -r Benchmarks/peer/requirements.txt
    fi
fi
exec "$python" Benchmarks/maintenance/measure_maintenance.py
