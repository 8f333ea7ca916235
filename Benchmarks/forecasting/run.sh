#!/usr/bin/env bash
# Accuracy and speed of the forecasting models: run.sh FOLDER, where FOLDER has the gzipped sets of demand data. Speed beside statsforecast
# and stockpyl is measured with PYTHON, where it has them: pip install statsforecast==2.1.1 stockpyl==1.0.2
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=${1:?folder with m4_hourly.csv.gz and the others}
export DEMAND_DATA=$(mktemp -d)
trap 'rm -rf "$DEMAND_DATA"' EXIT
for file in "$data"/*_dev.csv.gz "$data"/m4_hourly.csv.gz; do gunzip -c "$file" > "$DEMAND_DATA/$(basename "${file%.gz}")"; done
cd "$here"
swift build -c release >&2
run() { .build/release/forecasting "$@"; }
run m4 naive2,seasonal-naive,theta,dynamic-optimised-theta,mstl
run m3 naive2,theta,dynamic-optimised-theta,ces,ets,arima
run car croston,croston-sba,tsb,adida,imapa
# Accuracy of all models together is measured by the program itself: docs/guides/forecasting.md.
trees=trees,trees-log,trees-seasonal,trees-seasonal-log
own=auto,ses,dynamic-optimised-theta,croston-sba,tsb,imapa
run car combined members=$trees,$own
run retail combined members=$trees
if [ -n "${PYTHON:-}" ]; then "$PYTHON" speed.py "$data" "${BENCH_ROUNDS:-3}"; fi
