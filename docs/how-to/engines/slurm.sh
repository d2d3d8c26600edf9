#!/bin/bash
#SBATCH --job-name=tipbrief
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --output=shard-%a.log
#SBATCH --requeue
# Build one shard of all documents of a publication, as a task of a job array. PARTS is a shared folder.
#   job=$(sbatch --parsable slurm.sh PUBLICATION PARTS)
#   sbatch --dependency=afterany:$job --output=gather.log --wrap "tipbrief gather PARTS/* --publication PUBLICATION --out OUT"
set -eu
export TIPBRIEF_CORES="${SLURM_CPUS_PER_TASK:-1}"
exec tipbrief build --all --publication "$1" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "$2/$SLURM_ARRAY_TASK_ID"
