"""The whole judgement of a model on many customers: its time and its memory.

    python -m benchmarks.judging                         # 100,000 customers, 240 signals, 7 cutoffs
    python -m benchmarks.judging --customers 10000

The panel, the model and its predictions are made first and are not measured; what is measured reads them from disk as
the stage does and judges ranking, calibration, money, segments, time, reasons and gates, as a process of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import Measured, measured, report
from pipelines.config import load_project
from pipelines.panel import file_of

MOST_SECONDS, MOST_GB = 120, 3
TEST = datetime(2026, 9, 1)
CUTOFFS = [TEST - timedelta(days=60 * back) for back in range(6, -1, -1)]
CALENDAR = {
    "flat": False,
    "cutoffs": [cutoff.isoformat() for cutoff in CUTOFFS],
    "test_cutoff": TEST.isoformat(),
    "horizon_days": 60,
    "gap_days": 0,
}
WORDS = {
    "customers__industry__ever": ["retail", "software", "logistics", "education", "healthcare", "manufacturing"],
    "customers__company_size__ever": ["micro", "small", "medium", "large"],
    "customers__region__ever": ["north", "south", "east", "west"],
    "contracts__plan__ever": ["basic", "plus", "premium"],
}
TEACHING_ROWS = 4_000


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--signals", type=int, default=240)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        report(lambda: judged(given.work))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), given.customers, given.signals)
        took = measured(["-m", "benchmarks.judging", "--work", folder])
    show(took, given.customers, given.signals)


def show(took: Measured, customers: int, signals: int) -> None:
    """Print what was found."""
    print(f"{customers:,} customers x {signals} signals at {len(CUTOFFS)} cutoffs, all of the judgement")
    print(f"  clock {took.seconds:.1f} s, processor {took.processor_seconds:.1f} s, peak {took.peak_gb:.2f} GB")
    for name, value, limit in (("seconds", took.seconds, MOST_SECONDS), ("peak GB", took.peak_gb, MOST_GB)):
        print(f"  {name:<10} {value:8.2f}   (at most {limit}: {'holds' if value <= limit else 'MISSED'})")


def judged(folder: Path) -> None:
    """Judge what `prepare` made."""
    from pipelines.judging.judge import judge
    from pipelines.judging.material import read_material

    began, project = time.perf_counter(), load_project("demo")

    def say(step: str) -> None:
        print(f"{time.perf_counter() - began:7.1f} s  {step}", file=sys.stderr)

    labels = pd.read_parquet(folder / "labels.parquet")
    accepted = {"rows": {}, "first": None, "last": None}
    given = (folder / "panel", labels, CALENDAR, accepted, folder / "trained")
    material = read_material(project, project.evaluate, *given)
    judgement = judge(material, say)
    say(f"end, {len(judgement.tables)} tables")


def prepare(folder: Path, customers: int, signals: int) -> None:
    """Make a panel whose first signals decide who leaves, train a model on some of its rows, and predict."""
    (folder / "panel").mkdir()
    names = [f"customer-{number:07d}" for number in range(customers)]
    labels, taught = [], []
    for number, cutoff in enumerate(CUTOFFS):
        frame, left = _cutoff(np.random.default_rng(number), names, cutoff, signals)
        frame.to_parquet(folder / "panel" / file_of(cutoff), index=False)
        ended = np.where(left, np.datetime64(cutoff + timedelta(days=20), "us"), np.datetime64("NaT"))
        labels.append(pd.DataFrame({"customer_id": names, "cutoff": cutoff, "churned": left, "churned_at": ended}))
        taught.append((frame.head(TEACHING_ROWS), left[:TEACHING_ROWS], np.datetime64(cutoff, "us")))
    pd.concat(labels).astype({"churned": "Int8"}).to_parquet(folder / "labels.parquet", index=False)
    _train(folder, taught)


def _cutoff(
    random: np.random.Generator, names: list[str], cutoff: datetime, signals: int
) -> tuple[pd.DataFrame, np.ndarray]:
    numbers = signals - len(WORDS) - 2
    values = random.integers(0, 200, (len(names), numbers)).astype(np.float64)
    values[random.random(values.shape) < 0.1] = np.nan
    columns = {f"usage__signal_{number}__30d": values[:, number] for number in range(numbers)}
    columns |= {name: random.choice(words, len(names)) for name, words in WORDS.items()}
    columns["contracts__monthly_price__ever"] = random.lognormal(5, 1, len(names))
    columns["customers__tenure_days__ever"] = random.integers(1, 2000, len(names)).astype(np.float64)
    odds = -4.5 + np.nan_to_num(values[:, :4], nan=100).sum(axis=1) / 200
    left = random.random(len(names)) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame({"customer_id": names, "cutoff": cutoff, **columns}), left


def _train(folder: Path, taught: list[tuple[pd.DataFrame, np.ndarray, np.datetime64]]) -> None:
    from training.examples import Examples
    from training.splits import rolling_origin
    from training.train import TrainSettings, train

    signals = pd.concat([frame for frame, _, _ in taught], ignore_index=True)
    words = dict.fromkeys(WORDS, "category")
    examples = Examples(
        features=signals.drop(columns=["customer_id", "cutoff"]).astype(words),
        label=np.concatenate([left for _, left, _ in taught]).astype(np.int8),
        customer=signals["customer_id"].to_numpy(dtype=object),
        cutoff=signals["cutoff"].to_numpy(dtype="datetime64[us]"),
    )
    split = rolling_origin(examples.cutoff, test_cutoff=TEST, gap_days=0, horizon_days=60)
    trained = train(examples, split, TrainSettings(families=("recency_rule", "xgboost"), trials=1, half_life_days=None))
    for family, model in trained.models.items():
        model.save(folder / "trained" / "models" / family)
    features = {family: model.features for family, model in trained.models.items()}
    described = {**split.describe(), "open_rows": 0}
    record = {"best": "xgboost", "run_id": "", "features": features, "dropped": {}, "split": described}
    (folder / "trained" / "training.json").write_text(json.dumps(record))
    cutoffs = {"test": CUTOFFS[-1:], "validation": CUTOFFS[-4:-1]}
    for name, several in cutoffs.items():
        parts = [_predicted(folder, trained.models, cutoff) for cutoff in several]
        pd.concat(parts, ignore_index=True).to_parquet(folder / "trained" / f"{name}_predictions.parquet")


def _predicted(folder: Path, models: dict, cutoff: datetime) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "panel" / file_of(cutoff))
    labels = pd.read_parquet(folder / "labels.parquet", filters=[("cutoff", "==", cutoff)])
    signals = frame.astype(dict.fromkeys(WORDS, "category"))
    scores = {family: model.predict(signals) for family, model in models.items()}
    return frame[["customer_id", "cutoff"]].assign(churned=labels["churned"].astype("int8").to_numpy(), **scores)


if __name__ == "__main__":
    main()
