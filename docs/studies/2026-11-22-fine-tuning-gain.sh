#!/usr/bin/env bash
# Fine-tuning on the magnetic tiles: three seeds, a lower rate, and courses without early stopping.
# Usage: docs/studies/2026-11-22-fine-tuning-gain.sh DATASET BACKBONE
# DATASET holds the magnetic tiles in MVTec AD layout; BACKBONE is mobilenetv1_imagenet.safetensors.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
dataset=${1:?data set} backbone=${2:?backbone}

tune() { echo "== $*"; "$inspectctl" evaluate "$dataset" --backbone "$backbone" --fine-tune "$@"; }
for seed in 0 1 2; do tune --seed "$seed"; done
for seed in 0 1 2; do tune --seed "$seed" --learning-rate 1e-6 --epochs 30; done
for rate in 3e-4 1e-4; do tune --by-epoch --patience 0 --learning-rate "$rate" --epochs 8; done
