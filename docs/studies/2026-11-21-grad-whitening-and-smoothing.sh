#!/usr/bin/env bash
# GRAD's default map after five epochs on the magnetic tiles.
# Usage: docs/studies/2026-11-21-grad-whitening-and-smoothing.sh DATASET BACKBONE
# DATASET holds the magnetic tiles in MVTec AD layout; BACKBONE is mobilenetv1_imagenet.safetensors.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
dataset=${1:?data set} backbone=${2:?backbone}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$inspectctl" fit grad --backbone "$backbone" --epochs 5 --patience 0 \
  --normal "$dataset/train/good" --calibration "$dataset/validation/good" --output "$work/tile.model"
"$inspectctl" evaluate "$dataset" --model "$work/tile.model"
