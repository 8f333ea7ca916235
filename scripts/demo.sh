#!/usr/bin/env bash
# demo.sh [FOLDER]: trains and runs jobs/fraud.yaml on the sample data, into a new database in FOLDER (demo/ here, made anew each time).
set -euo pipefail
cd "$(dirname "$0")/.."

program=.build/release/pipeline
folder=${1:-demo}
database=$folder/pipeline.db

[[ -x $program ]] || { echo "error: $program is not there. Run 'make demo', which builds it." >&2; exit 1; }
if [[ $folder == demo ]]; then
    rm -rf demo
    mkdir demo
    echo '*' >demo/.gitignore
elif [[ -e $folder ]]; then
    echo "error: $folder is there already. Name a folder that is not: the demo writes nothing over." >&2
    exit 1
else
    mkdir -p "$folder"
fi

# Prints the command as one would type it, then runs it; the program's own hints of what to do next come at the end, once.
show() {
    printf '\n$ pipeline %s\n' "$*"
    "$program" "$@" --quiet
}

# The sample ends on 2026-03-06. The model learns from what was known three weeks before, so the last weeks are news to it.
show train jobs/fraud.yaml --as-of 2026-02-13 --database "$database"
show run jobs/fraud.yaml --database "$database"
show rejects list --run 1 --database "$database"
show review list --queue fraud --limit 5 --database "$database"

item=$("$program" review list --queue fraud --limit 1 --format csv --database "$database" --quiet | sed -n '2s/,.*//p')
cat <<END

Everything is in $database, one SQLite file. What to type next:

  export PATH="\$PWD/.build/release:\$PATH"
  pipeline review show $item --database $database
  pipeline review decide $item hold --reason "not this customer's habit" --database $database
  pipeline replay jobs/fraud.yaml --as-of $(date -u +%Y-%m-%dT23:59:59Z) --database $database
  pipeline run jobs/fraud.yaml --database $database
END
