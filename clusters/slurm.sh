#!/usr/bin/env bash
# An audit on nodes of a Slurm cluster, from a checkout whose Python has the dependencies:
#
#   sbatch clusters/slurm.sh audit.toml /shared/out [more options of `auditor audit`]
#
# OUT must be a folder that all nodes share, or object storage. The job ends with the audit's exit code; the same call again goes
# on with what is in OUT. On nodes with GPUs add `sbatch --gpus-per-node=N`: Ray sees what Slurm gives.
#SBATCH --job-name=auditor
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=0
#SBATCH --time=24:00:00
set -euo pipefail
plan=${1:?the plan}
out=${2:?the folder for results}
shift 2
cd "${SLURM_SUBMIT_DIR:?is set by sbatch}"

# Nodes are shared with other people's jobs: only who reads this file may talk to this cluster.
umask 077
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH="$PWD/.ray-token-$SLURM_JOB_ID" RAY_USAGE_STATS_ENABLED=0
python -c 'import secrets; print(secrets.token_hex(32))' >"$RAY_AUTH_TOKEN_PATH"
started=()
finish() {
    ((${#started[@]})) && kill "${started[@]}" 2>/dev/null
    rm -f "$RAY_AUTH_TOKEN_PATH"
}
trap finish EXIT

mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
# Two jobs may share a node: the port comes from the job's number.
port=$((20000 + SLURM_JOB_ID % 20000))
ip=$(srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" hostname --ip-address | awk '{print $1}')

srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" \
    ray start --head --block --node-ip-address="$ip" --port="$port" --num-cpus="$SLURM_CPUS_PER_TASK" --include-dashboard=false &
started+=($!)
for node in "${nodes[@]:1}"; do
    srun --overlap --nodes=1 --ntasks=1 --nodelist="$node" \
        ray start --block --address="$ip:$port" --num-cpus="$SLURM_CPUS_PER_TASK" &
    started+=($!)
done

# Stages are sized for the nodes that are there, so wait for all of them; the first tries find no head yet.
export RAY_ADDRESS="$ip:$port"
until srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" python -c 'if True:
    import sys, time, ray
    ray.init(log_to_driver=False)
    while sum(node["Alive"] for node in ray.nodes()) < int(sys.argv[1]):
        time.sleep(1)' "${#nodes[@]}"; do
    kill -0 "${started[0]}"
    sleep 2
done
srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" python -m engine audit "$plan" --out "$out" --on ray "$@"
