#!/usr/bin/env bash
# GradCon's length of training, on seven classes of CIFAR-10.
# Usage: docs/studies/2026-11-21-gradcon-training-length.sh CIFAR10
# CIFAR10 holds class folders train/<class> of at least 1,000 images.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
cifar=$(cd "${1:?data set}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

classes="automobile bird cat dog frog horse truck"
for class in $classes; do
  mkdir -p "$work/train/$class" "$work/test/$class"
  find "$cifar/train/$class" -type f | sort | sed -n 1,1000p > "$work/list"
  head -n 800 "$work/list" | while IFS= read -r image; do cp "$image" "$work/train/$class"; done
  tail -n 200 "$work/list" | while IFS= read -r image; do cp "$image" "$work/test/$class"; done
done
for epochs in 3 5 20; do
  for class in $classes; do
    echo "== $class, $epochs epochs"
    "$inspectctl" evaluate gradcon "$work" --one-class "$class" --epochs "$epochs"
  done
done
