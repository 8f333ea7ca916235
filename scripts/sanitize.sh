#!/usr/bin/env bash
# sanitize.sh thread|address COMMAND...: runs the test command under a sanitizer, and fails when it reported anything: in the tests, or in a
# program that they started.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=$1
shift
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

# A race is told and the run goes on; tests look at the exit codes of programs, which shall be their own.
export TSAN_OPTIONS="halt_on_error=0 exitcode=0 log_path=$reports/report suppressions=$PWD/scripts/thread-sanitizer.txt ${TSAN_OPTIONS-}"
# Swift's runtime and the C libraries keep what they made until the process ends, which is no leak of ours.
export ASAN_OPTIONS="detect_leaks=0 log_path=$reports/report ${ASAN_OPTIONS-}"
reported() { find "$reports" -name 'report*' -type f | wc -l; }

# The controls: a planted fault is found, a lock is none.
swiftc -O -g -use-ld=lld "-sanitize=$kind" -o "$reports/control" scripts/sanitizer-control.swift
"$reports/control" "$kind" >/dev/null 2>&1 || true
if (($(reported) == 0)); then
    echo "error: the $kind sanitizer did not find the planted fault, so what it does not find means nothing." >&2
    exit 1
fi
rm -f "$reports"/report*
"$reports/control" lock >/dev/null
if (($(reported) > 0)); then
    cat "$reports"/report* >&2
    echo "error: the $kind sanitizer takes a lock for a race: see scripts/thread-sanitizer.txt." >&2
    exit 1
fi

code=0
"$@" || code=$?
found=$(reported)
if ((found > 0)); then
    cat "$reports"/report* >&2
    grep -h '^SUMMARY' "$reports"/report* | sort | uniq -c | sort -rn >&2
    echo "error: the $kind sanitizer reported something in $found processes (above)." >&2
    exit 1
fi
exit "$code"
