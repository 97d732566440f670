#!/usr/bin/env bash
# GRAD fitted on twenty drawn cloths: five variants of each image, one, and no whitening.
# Usage: docs/studies/2026-11-28-grad-few-images.sh FOLDER
# FOLDER is new; the drawn images go there.
# INSPECTCTL names the program, .build/release/inspectctl by default.
set -euo pipefail
inspectctl=${INSPECTCTL:-.build/release/inspectctl}
folder=${1:?folder}

"$inspectctl" demo "$folder" --fit 60 --calibrate 20 --flawless 30 --defective 8 --false-alarm-rate 0.05
# The last twenty images to fit on, the demo's others to calibrate and to test.
cloth="$folder/pictures/cloth"
few="$folder/few"
mkdir -p "$few/train/good"
cp -r "$cloth/validation" "$cloth/test" "$cloth/ground_truth" "$few"
find "$cloth/train/good" -type f | sort | tail -n 20 | while IFS= read -r image; do
  cp "$image" "$few/train/good"
done
for options in "" "--variants 1" "--variants 1 --whitening 0"; do
  echo "== ${options:-default}"
  # shellcheck disable=SC2086
  "$inspectctl" evaluate grad "$few" --false-alarm-rate 0.15 $options
done
