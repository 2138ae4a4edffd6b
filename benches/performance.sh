#!/usr/bin/env bash
# Measures everything that docs/performance.md says and writes the page: on an idle machine, about ten minutes.
#
#   PEERS=path/to/peers.py [PYTHON=python3] [ROUNDS=5] benches/performance.sh
#
# Needs valgrind. PEERS is the script of benches/peers.sh. The page names the machine, the compiler and the commit; it is not compared anywhere.
set -euo pipefail
export LC_ALL=C.UTF-8

[[ -n ${PEERS:-} && $# -eq 0 ]] || {
    printf 'usage: PEERS=path/to/peers.py [PYTHON=python3] [ROUNDS=5] %s\n' "${0##*/}" >&2
    exit 2
}
PEERS=$(cd "$(dirname "$PEERS")" && pwd)/$(basename "$PEERS")
export PEERS
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
cores=$(nproc)
vectors=
if grep -q -w avx512f /proc/cpuinfo; then
    vectors=AVX-512
elif grep -q -w avx2 /proc/cpuinfo; then
    vectors=AVX2
fi
versions=$("${PYTHON:-python3}" -c 'import jax, numpy; print(f"NumPy {numpy.__version__}, JAX {jax.__version__}")')

benches/peers.sh step tree chain bandit | tee "$scratch/peers"
cargo bench --quiet --bench peers -- 'chain|tree|step-mixed' >"$scratch/chain" 2>&1
benches/instructions.sh | tee "$scratch/roofline"
cargo bench --quiet --bench campaigns >"$scratch/campaigns" || true # the limit is said on the page

# milliseconds JOB: criterion's middle estimate, from its lines "peers/JOB   time:   [LOW UNIT MIDDLE UNIT HIGH UNIT]".
milliseconds() {
    awk -v job="peers/$1" '
        $1 == job { found = 1 }
        found && /time:/ {
            sub(/.*\[/, ""); unit = $4; value = $3
            scale = unit == "ns" ? 1e-6 : unit == "ms" ? 1 : unit == "s" ? 1e3 : 1e-3
            printf "%.3g", value * scale; exit
        }' "$scratch/chain"
}

{
    cat <<END
# Performance

Written by \`benches/performance.sh\`, commit $(git rev-parse --short HEAD), $(rustc --version | cut -d " " -f 1,2), on one machine:
$model, $cores cores${vectors:+, $vectors}; $versions. Nothing here is asserted by a test; times against the peers are
medians of rounds that alternate between the sides, other times of whole jobs criterion's estimates, rates and peaks under the roofline
the fastest of 300 rounds.

## Whole jobs, against NumPy and JAX

Each side makes its own tables inside the timing and uses both cores; JAX is compiled before. What a job is, is said in
\`benches/peers.rs\`.

| job | NumPy, ms | JAX, ms | here, ms | times faster than the faster of the two |
|---|---|---|---|---|
END
    awk '$2 == "medians:" {
        gsub(",", ""); gsub(";", "")
        n = 1e3 * $4; j = 1e3 * $7; r = 1e3 * $10; best = n < j ? n : j
        printf "| %s | %.1f | %.1f | %.2f | %.1f |\n", $1, n, j, r, best / r
    }' "$scratch/peers"
    cat <<END

\`step\`: inequality (16) on 100 000 random linear softmax policies of 8 responses in R⁴, without tilt and with ‖w‖ = 1 as the peers have
them, the way of \`verify\`. Both sides draw the policies, take the step and divide by the bound; its constants differ: the peers bound G_o
and L_o for all θ, by the largest distance between two features, which is most of their arithmetic; here they are the largest score
and variance at both ends of the step, the harder reading. With the scales, tilts, verifiers and directions of a campaign it takes
$(milliseconds step-mixed) ms. \`tree\`: all 2 391 484 responses of a
token-level policy, a function of the prefix, of which nothing is computed for two prefixes at once, an opaque reward asked on
each. \`chain\`: λ, λ', λ'' of a finite-state policy of 10 000 tokens, one token after the other. \`bandit\`: 2 000 updates of §5.1, 500 contexts watched at every one.

## Finite-state policies: linear in the tokens

| tokens | one after the other, ms | tokens a second, millions |
|---|---|---|
END
    for row in chain:10000 chain-100k:100000 chain-1M:1000000; do
        time=$(milliseconds "${row%%:*}")
        awk -v tokens="${row##*:}" -v time="$time" 'BEGIN { printf "| %d | %s | %.1f |\n", tokens, time, tokens / time / 1e3 }'
    done
    cat <<END

By powers of a matrix, where no logit depends on the position, 10 000 tokens take $(milliseconds chain-powers) ms.

## Trees: the roofline

Work of one response and what this machine can do at most without fusing operations, which would change bits, measured in the same run
on all cores ([trees](trees.md) says what is counted). The job is the first one. Of a table, of which what follows from equal answers is computed
once, less is left to do; little if a response is correct where the sum of its tokens is divisible by 3, as in the job, more if a bit
of a hash says so.

\`\`\`text
$(cat "$scratch/roofline")
\`\`\`

The whole job takes $(milliseconds tree-hash) ms with the hash, and by a table $(milliseconds tree-table) ms and
$(milliseconds tree-table-hash) ms.

## Campaigns on one core and on two

$(cat "$scratch/campaigns")
END
} >"$scratch/page"
mv "$scratch/page" docs/performance.md
printf 'docs/performance.md is written\n'
