#!/usr/bin/env bash
# Accuracy and speed of the forecasting models: run.sh FOLDER, where FOLDER has the gzipped sets of demand data.
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
run m4 global
run m3 global local=ets,ces,dynamic-optimised-theta
run juice global log=1
run rossmann global
run car global local=tsb,imapa
run retail global local=tsb
run uci global local=croston-sba,dynamic-optimised-theta,ses
