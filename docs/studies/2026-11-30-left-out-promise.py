"""Does calibration on left-out scores keep its false-alarm rate? Random splits of real flawless images by part.

    pip install numpy scipy
    python 2026-11-30-left-out-promise.py DATASET SPLITS METHOD [OPTIONS OF FIT …]

DATASET is in MVTec AD's layout; all its flawless images are used (train, validation, test). Each split draws
65 % of the parts: a model is fitted and calibrated on up to two
images of each, and inspects one image of each other part. A frame is called at a rate when its p-value is at most the
rate. Needs `inspectctl` on the PATH. One line of JSON per split; the summary comes last.
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from scipy.stats import betabinom

RATES = (0.01, 0.05, 0.10)


def parts(files):
    """Exposures of one tile follow each other in the tiles' numbers: a gap of more than 100 begins another tile."""
    groups, before = [], None
    for number, file in sorted((int(re.search(r"num_(\d+)", file).group(1)), file) for file in files):
        if before is None or number - before > 100:
            groups.append([])
        groups[-1].append(file)
        before = number
    return groups


def split(groups, seed, fit_options):
    random = np.random.default_rng(seed)
    order = random.permutation(len(groups))
    own, others = order[: len(groups) * 13 // 20], order[len(groups) * 13 // 20 :]
    with tempfile.TemporaryDirectory() as folder:
        good, model = os.path.join(folder, "good"), os.path.join(folder, "a.model")
        os.mkdir(good)
        for group in own:
            for file in random.permutation(groups[group])[:2]:
                shutil.copy(file, good)
        subprocess.run(["inspectctl", "fit", *fit_options, "--normal", good, "--output", model, "--quiet",
                        "--false-alarm-rate", "0.1", "--keep-outliers"], check=True, stdout=subprocess.DEVNULL)
        tested = [str(random.choice(groups[group])) for group in others]
        lines = subprocess.run(["inspectctl", "inspect", *tested, "--model", model, "--format", "json", "--quiet"],
                               check=True, capture_output=True, text=True).stdout.splitlines()
    results = [json.loads(line) for line in lines]
    values = [result["p_value"] for result in results]
    return {"seed": seed, "n": results[0]["calibration"]["n"], "tested": len(values),
            "called": [sum(value <= rate for value in values) for rate in RATES]}


def main(dataset, splits, *fit_options):
    files = sorted(os.path.realpath(f) for part in ("train", "validation", "test")
                   for f in glob.glob(f"{dataset}/{part}/good/*"))
    groups, results = parts(files), []
    print(f"{len(files)} images of {len(groups)} parts", flush=True)
    for seed in range(int(splits)):
        results.append(split(groups, seed, fit_options))
        print(json.dumps(results[-1]), flush=True)
    for index, rate in enumerate(RATES):
        called = [r["called"][index] for r in results]
        inside = 0
        for result, count in zip(results, called):
            # The number of calibration scores at or above a fresh one is uniform: the realised rate is a beta variable.
            k = int(np.floor(rate * (result["n"] + 1) + 1e-9))
            own = betabinom(result["tested"], k, result["n"] + 1 - k) if k else None
            inside += count == 0 if own is None else own.ppf(0.025) <= count <= own.ppf(0.975)
        print(f"promised {rate:.0%}: called {sum(called) / sum(r['tested'] for r in results):.2%} of all; "
              f"{inside} of {len(results)} splits inside their 95 % range")


main(*sys.argv[1:])
