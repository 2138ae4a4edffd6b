#!/usr/bin/env bash
# Runs a campaign as a Slurm array and by GNU parallel, for real, and compares with the unsharded result.
#
#   scripts/slurm-local.sh [ARGUMENT…]    arguments of `gradient-gap verify` (default: a campaign of some seconds)
#
# Slurm is a cluster of one node that lives in a temporary directory and on the loopback interface, and ends with the script.
# One task of the array is requeued while it runs, as a preemptible queue would do. Needs root and Debian's slurmctld, slurmd,
# slurm-client and munge; parallel for the other half. What is not there is skipped, and that is said.
# GRADIENT_GAP names the program to run; without it, the release binary is built and run.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "${BASH_SOURCE[0]}")/.."
array=$PWD/scripts/slurm-array.sh
scratch=$(mktemp -d)
started=()

# Only what was started here, the last first.
finish() {
    local i
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        kill "${started[i]}" 2>/dev/null || true
        wait "${started[i]}" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap finish EXIT

say() {
    printf '%s: %s\n' "${0##*/}" "$*"
}

fail() {
    say "$*" >&2
    tail -n 20 "$scratch"/slurm/*.log "$scratch"/array/*.out >&2 2>/dev/null || true
    exit 1
}

# until_true SECONDS COMMAND…: whether it succeeds within so many seconds.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $end ]] || return 1
        sleep 0.2
    done
}

missing() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || printf '%s ' "$tool"
    done
}

# same DIRECTORY: whether its shards are the whole, in every format.
same() {
    local format
    for format in table json junit; do
        "$GRADIENT_GAP" merge "$1"/shard-*.json --format "$format" --out "$scratch/merged" || fail "cannot merge $1"
        for file in "$scratch/whole.$format" "$scratch/merged"; do
            sed -E -e '/^  "seconds": /d' -e '/verdicts as expected/s/, [0-9.]+ s\.$//' "$file" >"$file.untimed"
        done
        cmp "$scratch/whole.$format.untimed" "$scratch/merged.untimed" || fail "$1: $format is not the unsharded result"
    done
}

wanted=$(missing slurmctld slurmd sbatch scontrol munged)
[[ $(id -u) -eq 0 ]] || wanted+='root '
no_parallel=$(missing parallel)
if [[ -n $wanted && -n $no_parallel ]]; then
    say "Slurm is not present (${wanted% }), nor is GNU parallel: skipped"
    exit 0
fi

if [[ -z ${GRADIENT_GAP:-} ]]; then
    cargo build --release --quiet
    GRADIENT_GAP=${CARGO_TARGET_DIR:-target}/release/gradient-gap
fi
GRADIENT_GAP=$(realpath "$GRADIENT_GAP")
export GRADIENT_GAP
arguments=("$@")
[[ $# -gt 0 ]] || arguments=(--instances 60000 --attack 1024 --certify 1000)
for format in table json junit; do # the second and third are printed from the state that the first left
    "$GRADIENT_GAP" verify "${arguments[@]}" --resume "$scratch/whole.state" --format "$format" --out "$scratch/whole.$format"
done

slurm() {
    local conf=$scratch/slurm host
    host=$(hostname -s)
    mkdir -p "$conf/state" "$conf/spool" "$scratch/array"
    chmod 755 "$scratch" "$conf"
    dd if=/dev/urandom of="$conf/munge.key" bs=128 count=1 2>/dev/null
    chmod 400 "$conf/munge.key"
    munged --foreground --force --key-file="$conf/munge.key" --socket="$conf/munge.socket" \
        --pid-file="$conf/munge.pid" --log-file="$conf/munge.log" --seed-file="$conf/munge.seed" >/dev/null 2>"$conf/munged.log" &
    started+=($!)
    cat >"$conf/slurm.conf" <<END
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$conf/munge.socket
StateSaveLocation=$conf/state
SlurmdSpoolDir=$conf/spool
SlurmctldPidFile=$conf/slurmctld.pid
SlurmdPidFile=$conf/slurmd.pid
SlurmctldLogFile=$conf/slurmctld.log
SlurmdLogFile=$conf/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=1,sched_interval=2
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$conf/slurm.conf
    until_true 20 test -S "$conf/munge.socket" || fail 'munged does not answer'
    slurmctld -D -f "$SLURM_CONF" >/dev/null 2>&1 &
    started+=($!)
    slurmd -D -f "$SLURM_CONF" >/dev/null 2>&1 &
    started+=($!)
    idle() { [[ $(sinfo --noheader --format=%T) == idle ]]; }
    until_true 60 idle || fail 'the node does not become idle'
    local job
    job=$(cd "$scratch/array" && sbatch --parsable --array=1-4 --cpus-per-task=1 "$array" "${arguments[@]}")
    # The first task is stopped on its way and queued again.
    until_true 120 test -s "$scratch/array/shard-1-of-4.state" || fail 'the first task does not begin'
    local requeued=none
    scontrol requeue "${job}_1" 2>/dev/null && requeued=1
    # Slurm makes a requeued job wait for two minutes; an administrator need not.
    ended() {
        scontrol update "JobId=${job}_1" StartTime=now || true
        [[ -z $(squeue --noheader --job="$job") ]]
    }
    until_true 900 ended || fail 'the array does not end'
    same "$scratch/array"
    say "Slurm $(sinfo --version | cut -d' ' -f2): an array of 4 shards gives the unsharded result, bit for bit" \
        "(requeued on its way: $requeued)"
}

if [[ -n $wanted ]]; then
    say "Slurm is not present (${wanted% }): skipped"
else
    slurm
fi

if [[ -n $no_parallel ]]; then
    say 'GNU parallel is not present: skipped'
else
    mkdir "$scratch/parallel"
    (cd "$scratch/parallel" && parallel --jobs 2 "$GRADIENT_GAP" verify "${arguments[@]}" --threads 1 --shard {}/8 \
        --resume shard-{}.state --out shard-{}.json ::: {1..8} </dev/null) || fail 'GNU parallel reports a failure'
    same "$scratch/parallel"
    say 'GNU parallel: 8 shards give the unsharded result, bit for bit'
fi
