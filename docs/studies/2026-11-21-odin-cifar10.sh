#!/usr/bin/env bash
# ODIN on CIFAR-10: five classes known, the five others unknown.
# Usage: docs/studies/2026-11-21-odin-cifar10.sh CIFAR10
# CIFAR10 holds train/<class> of 1,000 and test/<class> of 200 images.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
cifar=${1:?data set}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

known="airplane automobile bird cat deer"
classes=()
for class in $known; do classes+=(--class "$class=$cifar/train/$class"); done
"$inspectctl" fit odin "${classes[@]}" --network wide-resnet --output "$work/wide.model"
"$inspectctl" fit odin "${classes[@]}" --network densenet --depth 22 --epochs 15 --output "$work/dense.model"
"$inspectctl" fit odin "${classes[@]}" --network linear --output "$work/linear.model"
for model in wide dense linear; do
  echo "== $model"
  "$inspectctl" evaluate "$cifar" --known "${known// /,}" --model "$work/$model.model"
done
