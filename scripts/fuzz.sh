#!/usr/bin/env bash
# fuzz.sh csv|xml [SECONDS]: runs libFuzzer on a feed reader, with AddressSanitizer, for a minute unless told.
#
# The readers are built apart from the program, in .build-fuzz, since these flags would rebuild everything else. What was found to reach
# new code is kept in .build-fuzz/corpus-*; a crash is written to .build-fuzz/crash-*, and is run again with:
#   scripts/fuzz.sh csv .build-fuzz/crash-...
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-} seconds=${2:-60}
case $target in
    csv) main=Tests/Fuzz/FuzzCSV.swift ;;
    xml) main=Tests/Fuzz/FuzzXML.swift ;;
    *) echo "usage: scripts/fuzz.sh csv|xml [SECONDS | FILE]" >&2; exit 64 ;;
esac

out=.build-fuzz
mkdir -p "$out/corpus-$target"
flags=(-O -g -enforce-exclusivity=checked -package-name pipeline -swift-version 6 -sanitize=fuzzer,address -parse-as-library
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature InternalImportsByDefault
    -Xcc -fmodule-map-file=Sources/CInline/module.modulemap -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap -Xcc -fmodule-map-file=Sources/CLibXML2/module.modulemap)
for flag in $(pkg-config --cflags libxml-2.0); do flags+=(-Xcc "$flag"); done

module() {  # NAME FILES...: a module's object and interface
    local name=$1
    shift
    swiftc "${flags[@]}" -wmo -module-name "$name" -I "$out" -emit-module -emit-module-path "$out/$name.swiftmodule" -c "$@" -o "$out/$name.o"
}

module Records $(find Sources/Records -name '*.swift' | sort)
# Without what needs a package: the warehouse and digests.
module Connectors $(find Sources/Connectors -name '*.swift' ! -path '*/Warehouse/*' ! -name FeedDigest.swift ! -name Failure+Warehouse.swift | sort)
swiftc "${flags[@]}" -module-name Fuzz -I "$out" Tests/Fuzz/FuzzedFile.swift "$main" "$out/Records.o" "$out/Connectors.o" -lz -lxml2 -o "$out/fuzz-$target"

if [[ -f $seconds ]]; then exec "$out/fuzz-$target" "$seconds"; fi
"$out/fuzz-$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -dict="Tests/Fuzz/$target.dict" \
    -artifact_prefix="$out/crash-" "$out/corpus-$target" "Tests/Fuzz/seeds-$target"
