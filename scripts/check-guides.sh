#!/usr/bin/env bash
# Compiles the examples of docs/guides: blocks marked ```swift file=PATH, each as a part of the target that PATH belongs to.
# Needs `make build` first: the modules built there are what the examples are compiled against. Takes about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
awk -v folder="$folder" '
    /^```swift file=/ { path = folder "/" substr($0, 15); parent = path; sub("/[^/]*$", "", parent); system("mkdir -p \"" parent "\""); next }
    /^```/ { if (path) close(path); path = ""; next }
    path { print > path }
' docs/guides/*.md

modules=.build/release/Modules
# The name that the build gave the package (its folder's): `package` declarations are seen under this name only.
package=$(sed -n 's/.*"-module-name","Records".*"-package-name","\([^"]*\)".*/\1/p' .build/release.yaml | sed -n 1p)
flags=(-O -wmo -swift-version 6 -package-name "$package" -parse-as-library -I "$modules"
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -warnings-as-errors
    -Xcc -I/usr/include/libxml2)
for map in Sources/C*/module.modulemap .build/checkouts/GRDB.swift/Sources/GRDBSQLite/module.modulemap .build/checkouts/Yams/Sources/CYaml/include/module.modulemap; do
    [[ -e $map ]] && flags+=(-Xcc "-fmodule-map-file=$map")
done

mkdir "$folder/Modules"
for target in Records Connectors Models Pipelines; do
    [[ -d $folder/Sources/$target ]] || continue
    mapfile -t files < <(find "Sources/$target" "$folder/Sources/$target" -name '*.swift' | sort)
    echo "compiling the examples in $target" >&2
    swiftc -emit-module -emit-module-path "$folder/Modules/$target.swiftmodule" -module-name "$target" "${flags[@]}" "${files[@]}"
done

# The tests see the modules with the examples in them.
mapfile -t files < <(find "$folder/Tests" -name '*.swift' | sort)
swiftc -typecheck -module-name GuideTests -I "$folder/Modules" "${flags[@]}" "${files[@]}"
echo "$(find "$folder" -name '*.swift' | wc -l) files of examples compile" >&2
