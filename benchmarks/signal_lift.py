"""What the catalogue's order signals add on real order lines: AUC with the first few signals, and with all.

    python -m benchmarks.signal_lift               # Online Retail II from ../shared/data, five seeds

Both are trained by the same code, on the same customers and cutoffs, with the same search. The interval is of the mean
difference over customers drawn again (2,000 times) for the seeds' averaged probabilities.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HOME = Path(__file__).parents[1]
FIRST = (
    "orders__days_since_last__ever",
    "orders__days_since_first__ever",
    *(f"orders__{measure}__{days}d" for measure in ("orders", "spend") for days in (30, 90, 180, 365)),
    *(f"orders__{measure}__{days}d" for measure in ("order_value_mean", "order_days", "units") for days in (90, 365)),
    "orders__products_per_order__90d",
    "orders__products_per_order__365d",
    "orders__gap_days_mean__ever",
    "orders__silence_ratio__ever",
    "orders__spend_fading__ever",
    "orders__orders_decayed__ever",
    "orders__refund_share__365d",
    "customers__tenure_days__ever",
)
"""Recency, frequency, value, rhythm and decay: the order signals of the project's first line."""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=4)
    given = parser.parse_args()
    rows = panel()
    every = list(rows.examples.features.columns)
    first = [name for name in FIRST if name in every]
    sets = {f"first {len(first)} columns": first, f"all {len(every)} columns": every}
    found = {
        name: [predicted(rows, columns, seed, given.trials) for seed in range(given.seeds)]
        for name, columns in sets.items()
    }
    show(rows, found)


def panel() -> Any:
    """Signals and labels of Online Retail II, as the line computes them."""
    from pipelines.config import load_project
    from pipelines.console import Console
    from pipelines.rows import labelled_rows
    from pipelines.runner import Runner

    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "workspace": folder,
            "data.root": str(HOME.parent / "shared" / "data" / "online_retail_ii"),
            "tracking.uri": f"sqlite:///{folder}/mlflow.db",
        }
        overrides = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
        os.chdir(folder)
        runner = Runner(load_project(str(HOME / "conf" / "online_retail.yaml"), overrides, {}), Console(quiet=True))
        runner.line(until="features")
        store = runner.store
        return labelled_rows(runner.project, store.path("panel"), store.load("labels"), store.load("calendar"))


def predicted(rows: Any, columns: list[str], seed: int, trials: int) -> dict[str, Any]:
    """Probabilities of each family for the test customers."""
    from dataclasses import replace

    from training.train import TrainSettings, train

    examples = replace(rows.examples, features=rows.examples.features[columns])
    settings = TrainSettings(families=("logistic", "xgboost"), trials=trials, seed=seed, half_life_days=None)
    trained = train(examples, rows.split, settings)
    test = examples.take(rows.split.test).features
    return {family: model.predict(test) for family, model in trained.models.items()}


def show(rows: Any, found: dict[str, list[dict[str, Any]]]) -> None:
    """Print AUC by family and set, and the difference with its interval."""
    from evaluation.model.bootstrap import paired_difference
    from evaluation.model.ranking import roc_auc

    label, customer = rows.examples.label[rows.split.test], rows.examples.customer[rows.split.test]
    print(f"{len(label):,} customers, base rate {label.mean():.1%}")
    (before, first), (after, every) = found.items()
    for family in first[0]:
        old, new = ([roc_auc(label, each[family]) for each in runs] for runs in (first, every))
        averaged = [np.mean([each[family] for each in runs], axis=0) for runs in (every, first)]
        difference = paired_difference(label, *averaged, customer, replicates=2000)
        print(f"{family:<9} {before}: {describe(old)}   {after}: {describe(new)}")
        ends = f"{difference.low:+.4f} to {difference.high:+.4f}"
        print(f"{'':<9} difference {np.mean(new) - np.mean(old):+.4f}, 95 % interval {ends}")


def describe(values: list[float]) -> str:
    """Mean and range."""
    return f"{np.mean(values):.4f} ({min(values):.4f} to {max(values):.4f})"


if __name__ == "__main__":
    main()
