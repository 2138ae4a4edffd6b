#!/usr/bin/env bash
# The benchmark `peers` against a NumPy and JAX script that does the same jobs: both sides in alternation, medians, ratios.
#
#   PEERS=path/to/peers.py [PYTHON=python3] [ROUNDS=5] benches/peers.sh [JOB…]        (JOB: step, tree, chain, bandit; step by default)
set -euo pipefail
export LC_ALL=C

usage() {
    cat >&2 <<'END'
usage: PEERS=path/to/peers.py [PYTHON=python3] [ROUNDS=5] benches/peers.sh [JOB…]

PEERS    a script, not part of this repository, that `$PYTHON $PEERS numpy|jax JOB` runs; it does the job of the benchmark
         peers/JOB with that library and prints one line, the time in seconds before the unit "s":
             step    numpy      0.1234 s         810373 /s  checksum 0.013
PYTHON   a Python with NumPy and JAX (default: python3)
ROUNDS   how many times each side runs (default: 5)
JOB      jobs that both sides have: step, tree, chain, bandit (default: step)
END
    exit 2
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

[[ -n ${PEERS:-} && ${1:-} != -* ]] || usage
python=${PYTHON:-python3}
rounds=${ROUNDS:-5}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || usage
[[ -r $PEERS ]] || fail "cannot read $PEERS"
peers=$(cd "$(dirname "$PEERS")" && pwd)/$(basename "$PEERS")
[[ $# -gt 0 ]] || set -- step

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# python_seconds LIBRARY JOB
python_seconds() {
    "$python" "$peers" "$1" "$2" </dev/null | awk -v job="$2" -v library="$1" '
        $1 == job && $2 == library && $4 == "s" && $3 + 0 > 0 { seconds = $3; lines++ }
        END { if (lines != 1) exit 1; print seconds }' ||
        fail "$PEERS printed no time for $1 $2"
}

# rust_seconds JOB: criterion's median of one run.
rust_seconds() {
    local estimates=$scratch/criterion/peers/$1/new/estimates.json
    rm -rf "$scratch/criterion"
    CRITERION_HOME=$scratch/criterion cargo bench --quiet --bench peers -- "^peers/$1\$" </dev/null >"$scratch/bench" 2>&1 || {
        cat "$scratch/bench" >&2
        fail "cargo bench failed for $1"
    }
    [[ -r $estimates ]] || fail "cargo bench has no job peers/$1"
    tr -d ' \t\r\n' <"$estimates" |
        sed -n 's/.*"median":{"confidence_interval":{[^}]*},"point_estimate":\([0-9.eE+-]*\)[,}].*/\1/p' |
        awk '$1 + 0 > 0 { printf "%.9g\n", $1 / 1e9; found = 1 } END { exit !found }' ||
        fail "no median in criterion's estimates for $1"
}

# median FILE: of one number a line.
median() {
    sort -g "$1" | awk '{ x[NR] = $1 } END { if (!NR) exit 1; print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'
}

cargo bench --quiet --bench peers --no-run </dev/null

for job in "$@"; do
    rm -f "$scratch/numpy" "$scratch/jax" "$scratch/rust"
    for ((round = 1; round <= rounds; round++)); do
        for library in numpy jax; do
            seconds=$(python_seconds "$library" "$job")
            printf '%s\n' "$seconds" >>"$scratch/$library"
            printf '%-8s round %d  %-6s %12.6f s\n' "$job" "$round" "$library" "$seconds"
        done
        seconds=$(rust_seconds "$job")
        printf '%s\n' "$seconds" >>"$scratch/rust"
        printf '%-8s round %d  %-6s %12.6f s\n' "$job" "$round" rust "$seconds"
    done
    numpy=$(median "$scratch/numpy")
    jax=$(median "$scratch/jax")
    rust=$(median "$scratch/rust")
    awk -v job="$job" -v n="$numpy" -v j="$jax" -v r="$rust" 'BEGIN {
        printf "%-8s medians: numpy %.6f s, jax %.6f s, rust %.6f s; numpy/rust %.2f, jax/rust %.2f\n", job, n, j, r, n / r, j / r
    }'
done
