"""Rows a second of exact contributions: the compiled method against XGBoost's own ``pred_contribs``, in one run.

    python -m benchmarks.contributions                     # 200 trees on 100 columns, depths 6, 4 and 3
    python -m benchmarks.contributions --depths 8 --rows 20000

Both take the same encoded matrix and all processors, and the best of three turns counts. Fails if the two differ by
more than 1e-5 or the compiled method is less than 20 times as fast. Compiling is timed apart, from an empty cache; so
is reading the trees, which every call pays once.

Tried for trees of depth 6, the fastest first:

- Quadrature (training/tree_contributions.py) with one flat memory and unsigned places: kept. Blocks of 512 to 1,024
  rows are about equal, smaller ones slower; bundling arrays into one argument pays for counting references.
- The same with sums in double precision throughout. Adding single precision ones to double ones now and then costs next
  to nothing and is as exact.
- Quadrature with a view of the memory for each quantity: making the view costs more than the step.
- FastTreeSHAP v2's idea: for groups of leaves a table over the patterns of met conditions, looked up for each row.
  Larger tables leave the cache, and they grow as 2 to the depth, so that deep trees would need another way.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost

COLUMNS = 100
TREES = 200
TRAINING_ROWS = 50_000
TURNS = 3
LEAST_RATIO = 20
LARGEST_DIFFERENCE = 1e-5
# Seconds that a turn of pred_contribs may take.
TURN_SECONDS = 8.0


def company(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns of which thirteen matter, a twentieth of the values missing, and who left."""
    random = np.random.default_rng(0)
    matrix = random.normal(size=(rows, COLUMNS)).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.05] = np.nan
    known = np.nan_to_num(matrix)
    risk = known[:, :10] @ random.normal(size=10) / 2 + known[:, 10] * known[:, 11] + np.sin(2 * known[:, 12]) - 1
    # In the order in which the encoding of a model gives it.
    return np.asfortranarray(matrix), random.random(rows) < 1 / (1 + np.exp(-risk))


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_mb() -> float:
    """Most memory that the process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(depth: int, matrix: np.ndarray, label: np.ndarray, rows: int) -> bool:
    """Measure one depth, print what was found, and tell whether it is exact and fast enough."""
    settings = {"objective": "binary:logistic", "max_depth": depth, "learning_rate": 0.1, "tree_method": "hist"}
    from training.cover_trees import booster_trees
    from training.tree_contributions import TreeExplainer

    booster = xgboost.train(settings, xgboost.DMatrix(matrix[:TRAINING_ROWS], label[:TRAINING_ROWS]), TREES)
    trees = booster_trees(booster)
    if trees is None:
        raise SystemExit("The compiled method does not cover this booster.")
    reading = seconds(lambda: TreeExplainer.of(booster_trees(booster) or []))
    explainer = TreeExplainer.of(trees)
    first = seconds(lambda: explainer.values(matrix[:1]))

    one = xgboost.DMatrix(matrix[:200])
    sample = int(np.clip(TURN_SECONDS * 200 / seconds(lambda: booster.predict(one, pred_contribs=True)), 500, rows))
    theirs, ours, data = [], [], xgboost.DMatrix(matrix[:sample])
    before = peak_mb()
    for _ in range(TURNS):
        theirs.append(seconds(lambda: booster.predict(data, pred_contribs=True)))
        ours.append(seconds(lambda: explainer.values(matrix[:rows])))
    values = explainer.values(matrix[:sample])
    difference = float(abs(values - booster.predict(data, pred_contribs=True)[:, :-1]).max())
    their_pace, our_pace = sample / min(theirs), rows / min(ours)
    leaves = sum(left < 0 for tree in trees for left in tree.left)
    print(
        f"depth {depth}, {leaves:,} leaves: pred_contribs {their_pace:,.0f} rows/s, compiled {our_pace:,.0f} rows/s, "
        f"ratio {our_pace / their_pace:.0f}, largest difference {difference:.1e}, "
        f"peak {peak_mb() - before:,.0f} MB more for {rows:,} rows (the result is {rows * COLUMNS * 8 / 2**20:,.0f}), "
        f"trees read in {reading:.2f} s, first call {first:.2f} s",
        flush=True,
    )
    return difference <= LARGEST_DIFFERENCE and our_pace >= LEAST_RATIO * their_pace


def main() -> None:
    """Measure the depths asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=[6, 4, 3])
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    matrix, label = company(max(given.rows, TRAINING_ROWS))
    with tempfile.TemporaryDirectory() as folder:
        # Compiling is timed from an empty cache; numba reads this when it is first imported.
        os.environ["NUMBA_CACHE_DIR"] = folder
        enough = [measure(depth, matrix, label, given.rows) for depth in given.depths]
    raise SystemExit(0 if all(enough) else "A depth is not exact or not fast enough.")


if __name__ == "__main__":
    main()
