#!/usr/bin/env bash
# GRAD on the magnetic tiles at three input sizes, and with a third level.
# Usage: docs/studies/2026-11-29-grad-input-size.sh DATASET BACKBONE
# DATASET holds the magnetic tiles in MVTec AD layout; BACKBONE is mobilenetv1_imagenet.safetensors.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
dataset=${1:?data set} backbone=${2:?backbone}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() {
  echo "== $*"
  "$inspectctl" fit grad --backbone "$backbone" --epochs 5 --patience 0 "$@" \
    --normal "$dataset/train/good" --calibration "$dataset/validation/good" --output "$work/tile.model"
  "$inspectctl" evaluate "$dataset" --model "$work/tile.model"
}
for size in 160 224 320; do measure --input-size "$size"; done
measure --levels blocks.2.1,blocks.3.5,blocks.4.0
