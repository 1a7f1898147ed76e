#!/bin/bash
# One search on several machines of a SLURM cluster: sbatch slurm.sh
#
# The folder of the run must be on a file system that all nodes share. A job
# that was cut off continues from its last epoch when it is submitted again.

#SBATCH --job-name=keras-darts
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --requeue

run=${RUN:-runs/cifar10}
flags=(--dataset=cifar10 --batch_size=64)
if compgen -G "$run/checkpoints/ckpt-*.json" > /dev/null; then
  flags=(--resume)
fi

# "node1:12345","node2:12345"
WORKERS=$(scontrol show hostnames "$SLURM_JOB_NODELIST" |
  sed 's/.*/"&:12345"/' | paste -sd, -)
export WORKERS

# Each node runs the same command and knows its place by its number.
srun --kill-on-bad-exit=1 bash -c '
  task="{\"type\": \"worker\", \"index\": $SLURM_PROCID}"
  export TF_CONFIG="{\"cluster\": {\"worker\": [$WORKERS]}, \"task\": $task}"
  exec keras-darts search "$@"
' worker --output_dir="$run" "${flags[@]}"
