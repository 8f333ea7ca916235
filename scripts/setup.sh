#!/usr/bin/env bash
# setup.sh [--tests]: checks the Swift toolchain and installs the system libraries it cannot bring along. Silent, and off the network, when
# all is there. With --tests, also the browser that some tests look through; they are skipped where it cannot be had.
set -euo pipefail

minimum="6.2"
# What is missing when this file is not there: header, apt package, brew formula (empty: part of the macOS SDK).
needs=(
    "libxml2/libxml/xmlversion.h libxml2-dev"
    "zlib.h zlib1g-dev"
    "isa-l/igzip_lib.h libisal-dev isa-l"
    "sqlite3.h libsqlite3-dev"
    "xgboost/c_api.h libxgboost-dev xgboost"
    "openblas_config.h libopenblas-dev openblas"
)

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

check_swift() {
    command -v swift >/dev/null ||
        fail "swift was not found on PATH, expected version $minimum or later. Install it from https://www.swift.org/install/ and try again."
    local text version
    text=$(swift --version 2>/dev/null) || fail "'swift --version' failed. Reinstall Swift from https://www.swift.org/install/."
    [[ $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "'swift --version' names no version: $text"
    version="${BASH_REMATCH[1]}.${BASH_REMATCH[2]}"
    if ((BASH_REMATCH[1] < ${minimum%.*} || (BASH_REMATCH[1] == ${minimum%.*} && BASH_REMATCH[2] < ${minimum#*.}))); then
        fail "Swift is $version, expected $minimum or later. Install it from https://www.swift.org/install/ and try again."
    fi
}

has_header() {
    local folder
    for folder in "$@"; do
        [[ -e $folder/$header ]] && return 0
    done
    return 1
}

check_macos() {
    local prefix header package formula missing=()
    prefix=$(brew --prefix 2>/dev/null || echo /opt/homebrew)
    for need in "${needs[@]}"; do
        read -r header package formula <<<"$need"
        [[ -z $formula ]] || has_header "$prefix/include" "$prefix/opt/openblas/include" /usr/local/include || missing+=("$formula")
    done
    ((${#missing[@]} == 0)) || fail "libraries are missing. Run 'brew install ${missing[*]}' and try again."
}

check_linux() {
    local header package formula missing=()
    for need in "${needs[@]}"; do
        read -r header package formula <<<"$need"
        has_header /usr/include /usr/include/*-linux-gnu /usr/local/include || missing+=("$package")
    done
    # The Swift package manager asks pkg-config where libxml2's headers are, and git for the packages.
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    command -v git >/dev/null || missing+=(git ca-certificates)
    ((${#missing[@]} == 0)) || install_apt "${missing[@]}"
}

install_apt() {
    command -v apt-get >/dev/null ||
        fail "libraries are missing, and there is no apt-get here. Install what Debian calls: $*."
    local root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "packages are missing. Run as root: apt-get install --no-install-recommends $*"
        root=(sudo)
    fi
    echo "Installing $* (apt)" >&2
    "${root[@]}" apt-get update -qq >&2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 ||
        fail "apt-get could not install $*. Debian 12 has them all; see the messages above."
}

check_swift
case $(uname -s) in
    Linux)
        check_linux
        if [[ ${1:-} == --tests ]] && ! command -v cron >/dev/null && [[ ! -x /usr/sbin/cron ]]; then
            (install_apt cron) || echo "note: no cron; the test that needs it is skipped." >&2
        fi
        if [[ ${1:-} == --tests ]] && ! command -v chromium >/dev/null; then
            (install_apt chromium) || echo "note: no chromium; the tests that need a browser are skipped." >&2
        fi
        ;;
    Darwin) check_macos ;;
    *) fail "$(uname -s) is not supported, expected Linux or macOS." ;;
esac
