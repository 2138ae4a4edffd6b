#!/usr/bin/env bash
# The snapshot of one run: docs/report, and the section "Measured" of every page of docs/claims. --check compares what is there
# with what the command writes now, to the last digit; --write renews it. GRADIENT_GAP names the program (default: built by
# cargo). With --keep DIR the whole report, index.html too, is left in DIR.
set -euo pipefail
exec </dev/null

cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=docs/report
evaluations=131072

fail() {
    printf 'scripts/report.sh: %s\n' "$*" >&2
    exit 1
}

gradient_gap() {
    if [[ -n ${GRADIENT_GAP:-} ]]; then "$GRADIENT_GAP" "$@"; else cargo run --quiet --release -- "$@"; fi
}

mode=${1:-}
[[ $mode == --check || $mode == --write ]] || fail 'expected --check or --write'
[[ $# -eq 1 || ( $# -eq 3 && $2 == --keep ) ]] || fail 'after --check or --write only --keep DIR may stand'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
run=$scratch/run
gradient_gap report --evaluations "$evaluations" --reproducible --out "$run" || fail 'the run is not as expected'
if [[ $# -eq 3 ]]; then
    mkdir -p "$3"
    cp "$run"/* "$3"
fi

# spliced PAGE TEXT: the page with TEXT between its two comments.
spliced() {
    awk -v text="$2" '
        $0 == "<!-- begin: report -->" { print; while ((getline line < text) > 0) print line; within = 1; found++; next }
        within && $0 == "<!-- end -->" { within = 0 }
        !within { print }
        END { exit !(found == 1 && !within) }' "$1" || fail "$1 needs one pair of lines <!-- begin: report --> and <!-- end -->"
}

mkdir "$scratch/claims" "$scratch/report"
pages=0
for page in docs/claims/*.md; do
    slug=$(basename "$page")
    [[ -f $run/$slug ]] || fail "$page: the run has no claim of this name"
    spliced "$page" "$run/$slug" >"$scratch/claims/$slug"
    pages=$((pages + 1))
    rm "$run/$slug"
done
# What is left: the page, which holds everything once more, stays out.
rm "$run/index.html"
for file in "$run"/*.md; do
    [[ $(basename "$file") == bounds.md || $(basename "$file") == summary.md ]] || fail "$(basename "$file") has no page in docs/claims"
done
cp "$run"/* "$scratch/report"

if [[ $mode == --write ]]; then
    rm -rf "$folder"
    cp -r "$scratch/report" "$folder"
    for page in docs/claims/*.md; do
        cmp -s "$page" "$scratch/claims/$(basename "$page")" || cat "$scratch/claims/$(basename "$page")" >"$page"
    done
else
    diff -ru "$folder" "$scratch/report" || fail "$folder is out of date; run scripts/report.sh --write"
    diff -ru docs/claims "$scratch/claims" || fail 'docs/claims is out of date; run scripts/report.sh --write'
fi
printf '%d files of %s and %d pages of docs/claims re-created\n' "$(find "$scratch/report" -type f | wc -l)" "$folder" "$pages" >&2
