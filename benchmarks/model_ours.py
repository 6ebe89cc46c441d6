"""The project's own training on one task, as a process of its own.

python -m benchmarks.model_ours TASK SEED WORK FOLDER SHARE BUDGET_S
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.measure import peak_gb
from benchmarks.model_tasks import Task, make_task

if TYPE_CHECKING:
    from training.train import Trained

OURS = "ours"


def main(name: str, seed: int, work: Path, folder: Path, share: float, budget_s: float) -> None:
    """Train within the budget, and write what the chosen model and each family say about the test rows."""
    task = make_task(name, seed, work, share)
    started = time.perf_counter()
    trained = train(task, seed, budget_s)
    test = task.test.features
    chosen = trained.models[trained.best].predict(test)
    seconds = time.perf_counter() - started
    pd.DataFrame({"probability": chosen}).to_parquet(folder / f"{OURS}.parquet")
    families = {family: model.predict(test) for family, model in trained.models.items()}
    pd.DataFrame(families).to_parquet(folder / "families.parquet")
    open_rows = f" and {trained.open_rows:,} rows of open windows" if trained.open_rows else ""
    print(json.dumps([seconds, peak_gb(), f"{trained.best}{open_rows}"]))


def train(task: Task, seed: int, budget_s: float) -> Trained:
    """Train as the stage of the line does, with the project's own settings and a budget."""
    from training.budget import Budget
    from training.train import TrainSettings, train

    settings = task.train
    chosen = TrainSettings(
        families=tuple(settings.families),
        trials=settings.trials,
        half_life_days=settings.half_life_days,
        seed=seed,
        recency_column=settings.recency_column,
        purchase_columns=task.purchase_columns,
        minimum_positives=settings.minimum_positives,
    )
    return train(task.examples, task.split, chosen, budget=Budget(budget_s))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6]))
