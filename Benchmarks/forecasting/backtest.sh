#!/usr/bin/env bash
# The sets of demand data through the shipped program, by their README's protocol: backtest.sh FOLDER [earlier].
# With `earlier`, the span before the test is measured instead: choices are made there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=${1:?folder with dominicks_oj_dev.csv.gz and the others}
program=${PIPELINE:-$here/../../.build/release/pipeline}
python3 "$here/prepare.py" "$data" "$here/feeds"
measure() {
    local set=$1 span=$2
    shift 2
    echo "== $set"
    "$program" backtest "$here/jobs/$set.yaml" "$@" ${earlier:+--skip "$span"}
}
earlier=${2:-}
measure juice 24 --horizon 8 --origins 3 --lag 1 --models trees,combined
measure rossmann 42 --horizon 42 --origins 1 --lag 7 --models trees,combined
measure carparts 12 --horizon 12 --origins 1 --lag 12 --models tsb,trees,combined
measure uci 8 --horizon 8 --origins 1 --lag 1 --models croston-sba,trees,combined
measure retail 28 --horizon 28 --origins 1 --lag 1 --least-history 60 --models tsb,trees
