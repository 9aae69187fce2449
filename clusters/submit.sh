#!/usr/bin/env bash
# An audit as a Ray job, from a checkout with nothing installed on the cluster but the dependencies:
#
#   RAY_API_SERVER_ADDRESS=http://head:8265 clusters/submit.sh audit.toml s3://bucket/out [more options of `auditor audit`]
#
# OUT must be storage that every node reaches (on one machine, a folder). The same call again goes on with what is in OUT.
# Exits with 0 when the audit did, and with 1 for any other code of the audit (3, say): Ray's job status names that one.
set -euo pipefail
plan=${1:?the plan}
out=${2:?the folder for results}
shift 2
cd "$(dirname "$0")/.."
exec ray job submit --working-dir . --runtime-env clusters/runtime_env.yaml -- \
    python -m engine audit "$plan" --out "$out" --on ray "$@"
