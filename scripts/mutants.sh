#!/usr/bin/env bash
# Mutants of the code that decides verdicts, by cargo-mutants (cargo install cargo-mutants --locked):
#
#   scripts/mutants.sh [--sample N] [--seed S]    a random sample (default 220, seed 1)
#   scripts/mutants.sh --all                      all of them: days
#
# A run that was interrupted goes on where it stopped: what was killed is not tried again (remove target/mutants to begin anew). Each
# mutant meets the quick tests first; only what survives them meets the slow ones. At the end: how many were killed, and which were not.
set -euo pipefail
exec </dev/null

cd "$(dirname "${BASH_SOURCE[0]}")/.."
fail() {
    printf 'scripts/mutants.sh: %s\n' "$*" >&2
    exit 1
}

sample=220 seed=1 all=
while [[ $# -gt 0 ]]; do
    case $1 in
    --all) all=1 && shift ;;
    --sample | --seed)
        [[ ${2:-} =~ ^[0-9]+$ ]] || fail "$1 ${2:-}: expected a number"
        printf -v "${1#--}" '%s' "$2"
        shift 2
        ;;
    *) fail "unknown option $1" ;;
    esac
done
command -v cargo-mutants >/dev/null || fail 'cargo-mutants is not installed: cargo install cargo-mutants --locked'

out=target/mutants
mkdir -p "$out"
files=(-f 'src/claims/**' -f 'src/line/**' -f src/regularity.rs -f 'src/number/**' -f 'src/check/**')
cargo mutants --list "${files[@]}" | LC_ALL=C sort >"$out/list"

# The sample: the list in the order of a hash of every name with the seed.
if [[ -n $all ]]; then
    cp "$out/list" "$out/chosen"
else
    stream() { while :; do printf 'seed %s ' "$seed"; done; }
    LC_ALL=C sort -R --random-source=<(stream) "$out/list" >"$out/shuffled" # into a pipe that ends early, it would fail
    head -n "$sample" "$out/shuffled" >"$out/chosen"
fi

# stage NAME CHOSEN TESTS…: tries the mutants of the file CHOSEN; what this stage has killed before is not tried again.
stage() {
    local name=$1 chosen=$2 names=()
    shift 2
    while IFS= read -r one; do names+=(--re "^$(sed -E 's/[][\.|$(){}?+*^]/\\&/g' <<<"$one")\$"); done <"$chosen"
    [[ ${#names[@]} -gt 0 ]] || return 0
    # One folder for what is built, so that dependencies are built once. Status 2 and 3: some were missed, some timed out.
    local status=0
    CARGO_TARGET_DIR=$PWD/$out/build cargo mutants --iterate --no-shuffle --output "$out/$name" --profile mutants --timeout 400 \
        --baseline skip "${files[@]}" "${names[@]}" -- "$@" || status=$?
    [[ $status -eq 0 || $status -eq 2 || $status -eq 3 ]] || fail "cargo mutants ended with status $status"
}

sorted() { LC_ALL=C sort -u; }

stage quick "$out/chosen" --lib --test report
sorted <"$out/quick/mutants.out/missed.txt" >"$out/quick-missed"
stage slow "$out/quick-missed" --test numbers --test line --test regularity --test claims --test attack --test certify --test boxes --test shards

sorted <"$out/slow/mutants.out/missed.txt" >"$out/survivors"
unviable=$(cat "$out"/*/mutants.out/unviable.txt | sorted | wc -l)
viable=$(($(wc -l <"$out/chosen") - unviable))
killed=$((viable - $(wc -l <"$out/survivors")))
printf '%d of %d viable mutants killed (%d do not compile). Survivors:\n' "$killed" "$viable" "$unviable"
cat "$out/survivors"
