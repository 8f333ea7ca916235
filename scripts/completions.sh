#!/usr/bin/env bash
# completions.sh PROGRAM SHARE: installs the shell completions of PROGRAM below SHARE. completions.sh --remove SHARE: removes them.
set -euo pipefail

program=$1
share=$2
files=(bash-completion/completions/pipeline zsh/site-functions/_pipeline fish/vendor_completions.d/pipeline.fish)
shells=(bash zsh fish)

for index in "${!files[@]}"; do
    file=$share/${files[index]}
    if [[ $program == --remove ]]; then
        rm -f "$file"
    else
        mkdir -p "$(dirname "$file")"
        "$program" --generate-completion-script "${shells[index]}" >"$file"
    fi
done
