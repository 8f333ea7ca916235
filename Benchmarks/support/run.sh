#!/usr/bin/env bash
# run.sh [PROGRAM]: messages that jobs/support.yaml sorts in a CPU second: sample-data/support/messages.csv again and again, with new ids.
#
#   BENCH_MESSAGES=100000       messages (100,000)
#   BENCH_ROUNDS=3              rounds (3)
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Benchmarks/support/measure_support.py "${1:-.build/release/pipeline}"
