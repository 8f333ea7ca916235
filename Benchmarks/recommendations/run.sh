#!/usr/bin/env bash
# Speed of the recommenders beside implicit and numpy, in turn on one file: run.sh online_retail.csv.gz [ROUNDS]. Python of $PYTHON, with
# implicit, numpy and scipy, or one that is installed into .build. RECOMMENDATIONS_LARGE=FOLDER also trains on the plain order files there:
# pipeline simulate recommendations --customers 1000000 --articles 100000 --days 215 --plain --out data; FOLDER is data/orders.
set -euo pipefail
data=${1:?the gzipped order lines: user,item,time,value}
data=$(cd "$(dirname "$data")" && pwd)/$(basename "$data")
rounds=${2:-3}
cd "$(dirname "$0")"
python=${PYTHON:-python3}
if ! "$python" -c 'import implicit, numpy, scipy' 2>/dev/null; then
    python=.build/venv/bin/python
    if [[ ! -x $python ]] || ! "$python" -c 'import implicit, numpy, scipy' 2>/dev/null; then
        python3 -m venv .build/venv
        .build/venv/bin/pip install --quiet 'implicit>=0.7,<0.8' numpy scipy
    fi
fi
swift build -c release >&2
plain=$(mktemp)
trap 'rm -f "$plain"' EXIT
gunzip -c "$data" > "$plain"
own() { .build/release/recommendations "$@"; }
for ((round = 0; round < rounds; round++)); do
    for threads in 1 2; do
        own als "$plain" "$threads"
        "$python" peer.py als "$plain" "$threads"
        own top "$plain" "$threads"
        "$python" peer.py top "$plain" "$threads"
    done
    own ease "$plain"
    "$python" peer.py ease "$plain"
done
[[ -z ${RECOMMENDATIONS_LARGE:-} ]] || own large "$RECOMMENDATIONS_LARGE" 2
