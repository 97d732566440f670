#!/usr/bin/env bash
# One Gaussian for all positions against one per position.
# Usage: docs/studies/2026-11-21-gaussian-map.sh DATASET [OPTION …]
# Options go to `inspectctl evaluate`: --backbone FILE, --false-alarm-rate 0.02 for the demo's 60 calibration images.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
dataset=${1:?data set}
shift

for map in tied per-position; do
  echo "== $map"
  "$inspectctl" evaluate "$dataset" --map "$map" "$@"
done
