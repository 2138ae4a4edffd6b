#!/usr/bin/env bash
# The benchmark `roofline` with one bound more, that of instructions, which valgrind counts.
#
#   benches/instructions.sh        (needs valgrind)
set -euo pipefail
export LC_ALL=C

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

command -v valgrind >/dev/null || fail 'valgrind is not installed'
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$(cargo bench --bench roofline --no-run 2>&1 | sed -n 's/.*Executable benches\/roofline.rs (\(.*\))$/\1/p')
[[ -x $binary ]] || fail 'cargo bench --bench roofline --no-run has made no program'

# executed WHAT TIMES: instructions of the whole process, on one thread.
executed() {
    RAYON_NUM_THREADS=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" repeat "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

# What one more time adds.
INSTRUCTIONS=
for what in sum hash turns; do
    few=$(executed "$what" 2)
    many=$(executed "$what" 6)
    [[ -n $few && -n $many ]] || fail "valgrind has counted nothing for $what"
    INSTRUCTIONS+="$(((many - few) / 4)) "
done
export INSTRUCTIONS
cargo bench --quiet --bench roofline
