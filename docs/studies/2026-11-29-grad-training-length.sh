#!/usr/bin/env bash
# GRAD on the magnetic tiles: lengths of training, and three seeds of the default.
# Usage: docs/studies/2026-11-29-grad-training-length.sh DATASET BACKBONE
# DATASET holds the magnetic tiles in MVTec AD layout; BACKBONE is mobilenetv1_imagenet.safetensors.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
dataset=${1:?data set} backbone=${2:?backbone}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for epochs in 5 6 10 20 30 40 50; do
  echo "== $epochs epochs"
  "$inspectctl" fit grad --backbone "$backbone" --epochs "$epochs" --patience 0 --workers 1 \
    --normal "$dataset/train/good" --calibration "$dataset/validation/good" --output "$work/$epochs.model"
  "$inspectctl" evaluate "$dataset" --model "$work/$epochs.model"
done
for seed in 0 1 2; do
  echo "== default, seed $seed"
  "$inspectctl" evaluate grad "$dataset" --backbone "$backbone" --seed "$seed"
done
