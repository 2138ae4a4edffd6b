#!/usr/bin/env bash
#SBATCH --job-name=gradient-gap
#SBATCH --array=1-8
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#
# One shard of a campaign for every task of a Slurm array; arguments are those of `gradient-gap verify`:
#
#   sbatch scripts/slurm-array.sh --instances 100000000
#   sbatch --array=1-40 --cpus-per-task=16 scripts/slurm-array.sh --instances 100000000
#   gradient-gap merge shard-*-of-8.json
#
# Shards and states are written to the directory of submission. A task that is preempted, or runs out of time and is submitted
# again, goes on from its state; SHARDS says how many there are where the array does not:
#
#   SHARDS=8 sbatch --array=3 scripts/slurm-array.sh --instances 100000000
#
# GRADIENT_GAP names the program to run.
set -euo pipefail

shards=${SHARDS:-$SLURM_ARRAY_TASK_MAX}
name=shard-$SLURM_ARRAY_TASK_ID-of-$shards
exec "${GRADIENT_GAP:-gradient-gap}" verify "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards" \
    --threads "${SLURM_CPUS_PER_TASK:-1}" --resume "$name.state" --out "$name.json"
