#!/usr/bin/env bash
# docs/tightness: how much of every bound random and attacking instances use. --check compares what is there with what the
# command writes now, to the last digit; --write renews it. GRADIENT_GAP names the program (default: built by cargo).
set -euo pipefail
exec </dev/null

cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=docs/tightness
evaluations=131072

fail() {
    printf 'scripts/tightness.sh: %s\n' "$*" >&2
    exit 1
}

gradient_gap() {
    if [[ -n ${GRADIENT_GAP:-} ]]; then "$GRADIENT_GAP" "$@"; else cargo run --quiet --release -- "$@"; fi
}

case ${1:-} in
--write)
    rm -rf "$folder"
    gradient_gap tightness --evaluations "$evaluations" --out "$folder"
    ;;
--check)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    gradient_gap tightness --evaluations "$evaluations" --out "$scratch/tightness"
    diff -ru "$folder" "$scratch/tightness" || fail "$folder is out of date; run scripts/tightness.sh --write"
    ;;
*) fail 'expected --check or --write' ;;
esac
