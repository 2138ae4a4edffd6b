#!/usr/bin/env bash
# Mutants of the code that decides verdicts, by cargo-mutants (cargo install cargo-mutants --locked):
#
#   scripts/mutants.sh [--sample N] [--seed S]    a random sample (default 220, seed 1)
#   scripts/mutants.sh --all                      all of them: days
#
# A run that was interrupted goes on where it stopped: what was killed is not tried again (remove target/mutants to begin anew). Each
# mutant meets a quick test first; only what survives it meets those about its file, and then all. At the end: how many were killed
# (a test failed, or did not end in several times its usual time), and which were not; the exit status is 1 below 95 %. The tests
# run without a mutant first, and must pass.
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

# What was found of a sample has a folder of its own.
out=target/mutants/all
[[ -n $all ]] || out=target/mutants/$sample-of-seed-$seed
build=$PWD/target/mutants/build
mkdir -p "$out"
files=(-f 'src/claims/**' -f 'src/line/**' -f src/regularity.rs -f 'src/number/**' -f 'src/check/**')
cargo mutants --list "${files[@]}" | LC_ALL=C sort >"$out/list.new"
if [[ -e $out/list ]] && ! cmp -s "$out/list" "$out/list.new"; then
    fail "the code has changed since $out was begun: remove it"
fi
mv "$out/list.new" "$out/list"

# The sample: the list in the order of a hash of every name with the seed.
if [[ -n $all ]]; then
    cp "$out/list" "$out/chosen"
else
    stream() { while :; do printf 'seed %s ' "$seed"; done; }
    LC_ALL=C sort -R --random-source=<(stream) "$out/list" >"$out/shuffled" # into a pipe that ends early, it would fail
    head -n "$sample" "$out/shuffled" | LC_ALL=C sort >"$out/chosen"
fi

# stage NAME SECONDS CHOSEN TEST…: tries the mutants of the file CHOSEN on these tests, which may take so long; what this stage has
# killed before is not tried again.
stage() {
    local name=$1 seconds=$2 chosen=$3 done=$out/$1/mutants.out names=() tests=()
    shift 3
    # Given to cargo test --no-run too: otherwise every test would be built for every mutant.
    for one; do tests+=("--cargo-arg=$one"); done
    if [[ -z $all || $name != quick ]]; then # all of them are no list that fits into a command
        while IFS= read -r one; do names+=(--re "^$(sed -E 's/[][\.|$(){}?+*^]/\\&/g' <<<"$one")\$"); done <"$chosen"
    fi
    # cargo-mutants 27.1 tries deletions of fields whatever --re says: those that were not chosen are passed off as done, here alone.
    if [[ ! -e $done ]]; then
        mkdir -p "$done"
        { grep 'delete field' "$out/list" || true; } | LC_ALL=C comm -23 - "$chosen" >"$done/previously_caught.txt"
    fi
    # One folder for what is built, so that dependencies are built once. Status 2 and 3: some were missed, some timed out.
    local status=0
    if [[ -s $chosen ]]; then
        unviable
        CARGO_TARGET_DIR=$build cargo mutants --iterate --no-shuffle --output "$out/$name" --profile mutants --timeout "$seconds" \
            "${files[@]}" "${names[@]}" "${tests[@]}" || status=$?
        unviable
    fi
    # 4: the tests fail without any mutant, so that nothing is known.
    [[ $status -eq 0 || $status -eq 2 || $status -eq 3 ]] || fail "cargo mutants ended with status $status"
    touch "$done/missed.txt" "$done/timeout.txt"
    # Of an earlier run, others may stand there.
    LC_ALL=C sort -u "$done/missed.txt" | LC_ALL=C comm -12 - "$chosen" >"$out/$name-missed"
    LC_ALL=C sort -u "$done/timeout.txt" | LC_ALL=C comm -12 - "$chosen" >"$out/$name-timeout"
}

# Keeps the names of those that do not compile: a run that goes on forgets them.
unviable() {
    touch "$out/unviable"
    { cat "$out"/*/mutants.out/unviable.txt 2>/dev/null || true; } | LC_ALL=C sort -u - "$out/unviable" -o "$out/unviable"
}

# tests_of FILE: the tests that are about a file of the sources, and take seconds.
tests_of() {
    case $1 in
    src/check/boxes.rs | src/claims/reduced/*) echo --test=boxes ;;
    src/check/found.rs | src/check/numbers.rs | src/check/pass.rs | src/check/shard.rs | src/check/stored.rs | src/check/work.rs) echo --lib --test=shards ;;
    src/check/campaign.rs | src/check/certify.rs | src/check/judge.rs) echo --lib --test=campaign --test=certify ;;
    src/check/asserted.rs | src/check/baseline.rs | src/check/read.rs | src/check/witness.rs) echo --lib --test=cli ;;
    src/check/attack/* | src/check/search/* | src/check/simplify*) echo --lib --test=attack --test=conjecture ;;
    src/check/*) echo --lib --test=conjecture --test=own ;;
    src/claims/*) echo --lib --test=claims --test=controls --test=edges ;;
    src/number/*) echo --lib --test=numbers ;;
    *) echo --lib --test=line --test=regularity ;;
    esac
}

# First the small run that is compared to the last digit; a run that goes on does not ask it again.
[[ -e $out/quick-missed ]] || stage quick 120 "$out/chosen" --test=report

# Then the tests that are about the file, then all. They run longer: now optimising across units is worth its time.
export CARGO_PROFILE_MUTANTS_LTO=false
while IFS= read -r one; do printf '%s\t%s\n' "$(tests_of "${one%%:*}")" "$one"; done <"$out/quick-missed" >"$out/tests"
: >"$out/own-missed"
while IFS= read -r tests; do
    name=own${tests//[ =]/}
    awk -F '\t' -v tests="$tests" '$1 == tests { print $2 }' "$out/tests" >"$out/$name-chosen"
    # shellcheck disable=SC2086 — words apart
    stage "$name" 600 "$out/$name-chosen" $tests
    cat "$out/$name-missed" >>"$out/own-missed"
done < <(cut -f 1 "$out/tests" | LC_ALL=C sort -u)
LC_ALL=C sort -u "$out/own-missed" -o "$out/own-missed"
stage all 1800 "$out/own-missed" --lib --bins --tests

unviable=$(LC_ALL=C comm -12 "$out/chosen" "$out/unviable" | wc -l)
survivors=$(wc -l <"$out/all-missed")
viable=$(($(wc -l <"$out/chosen") - unviable))
killed=$((viable - survivors))
printf '%d of %d viable mutants killed (%d do not compile). Survivors:\n' "$killed" "$viable" "$unviable"
cat "$out/all-missed"
printf 'Killed by the clock, as a test had not ended:\n'
cat "$out"/*-timeout | LC_ALL=C sort -u
[[ $((100 * killed)) -ge $((95 * viable)) ]] || fail 'fewer than 95 % were killed'
