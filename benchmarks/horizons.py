"""Risk within several horizons: ours against Kaplan-Meier and Cox regression, on the same unseen customers.

    churnlab run && python -m benchmarks.horizons        # the demo company, whose label is 60 days

Kaplan-Meier knows no signals: everybody has the risk of all. Cox regression (lifelines) reads the signals that weigh
most in our best model, as numbers between their own quartiles, with a ridge penalty. Ours is the best model's risk,
spread by the discrete-time hazard, as the scoring job tells it. All learn from the rows before the test cutoff.
lifelines is only needed here: `uv pip install -e '.[peers]'`.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.model.calibration import calibration_slope
from evaluation.model.ranking import roc_auc
from pipelines.config import load_project
from pipelines.rows import Labelled, labelled_rows
from training.horizons import load_horizons
from training.model import load_model
from training.time_to_event import Durations, kaplan_meier

SIGNALS, PENALTY = 40, 0.1
Risk = Callable[[list[float]], np.ndarray]


def main() -> None:
    """Compare and print."""
    given = _arguments()
    project = load_project(given.project)
    artifacts = project.home / "artifacts"
    if not (artifacts / "trained" / "test_horizons.parquet").is_file():
        raise SystemExit(
            f"No model of several horizons is there. Set train.horizons_days and run: churnlab run -p {given.project}"
        )
    rows = _rows(project, artifacts)
    days = _days(artifacts)
    ways = {
        "Kaplan-Meier": _of_all(rows, days[-1]),
        "Cox regression": _cox(rows, days[-1], artifacts),
        "ours": _ours(rows, artifacts),
    }
    test = rows.examples.take(rows.split.test)
    after = rows.left_after_days[rows.split.test]
    print(
        f"{len(rows.split.train):,} rows taught, {len(test):,} customers judged, {int(test.label.sum())} of whom left"
    )
    for place, until in enumerate(days):
        left = (test.label == 1) & ((after < until) | (until == days[-1]))
        print(f"\nwithin {until:.0f} days: {left.sum()} left")
        print(f"  {'':<16}{'AUC':>8}{'log loss':>10}{'Brier':>9}{'slope':>8}{'expected':>10}")
        for name, way in ways.items():
            print(_line(name, left.astype(int), way(days)[:, place]))
    fallen = (np.diff(ways["ours"](days), axis=1) < 0).sum()
    print(f"\ncustomers of ours whose risk falls with the horizon: {fallen}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", default="demo")
    return parser.parse_args()


def _rows(project: Any, artifacts: Path) -> Labelled:
    import json

    calendar = json.loads((artifacts / "calendar.json").read_text(encoding="utf-8"))
    return labelled_rows(project, artifacts / "panel", pd.read_parquet(artifacts / "labels.parquet"), calendar)


def _days(artifacts: Path) -> list[float]:
    return sorted(pd.read_parquet(artifacts / "trained" / "test_horizons.parquet")["horizon_days"].unique())


def _best(artifacts: Path) -> Path:
    import json

    record = json.loads((artifacts / "trained" / "training.json").read_text(encoding="utf-8"))
    return artifacts / "trained" / "models" / record["best"]


def _durations(rows: Labelled, horizon_days: float) -> Durations:
    label = rows.examples.label[rows.split.train]
    after = rows.left_after_days[rows.split.train]
    return Durations(np.where(label == 1, after, horizon_days), label == 1)


def _of_all(rows: Labelled, horizon_days: float) -> Risk:
    at, here = kaplan_meier(_durations(rows, horizon_days))
    customers = len(rows.split.test)

    def risk(days: list[float]) -> np.ndarray:
        left = [1 - here[np.searchsorted(at, until, side="right") - 1] for until in days]
        return np.tile(left, (customers, 1))

    return risk


def _ours(rows: Labelled, artifacts: Path) -> Risk:
    features = rows.examples.features.iloc[rows.split.test]
    model, horizons = load_model(_best(artifacts)), load_horizons(_best(artifacts))
    assert horizons is not None
    return lambda days: horizons.risk(features, model.predict(features))


def _cox(rows: Labelled, horizon_days: float, artifacts: Path) -> Risk:
    from lifelines import CoxPHFitter

    numbers = rows.examples.features.select_dtypes("number")
    names = [name for name in load_model(_best(artifacts)).importance() if name in numbers][:SIGNALS]
    scaled = _scaled(numbers[names].astype("float64"), rows.split.train)
    durations = _durations(rows, horizon_days)
    taught = scaled.iloc[rows.split.train].assign(days=np.maximum(durations.days, 1e-3), left=durations.left)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = CoxPHFitter(penalizer=PENALTY).fit(taught, "days", "left")
        here = fitted.predict_survival_function
        return lambda days: 1 - here(scaled.iloc[rows.split.test], times=days).to_numpy().T


def _scaled(signals: pd.DataFrame, teaching: np.ndarray) -> pd.DataFrame:
    """Put the middle half of each signal between -1 and 1, extremes within 3, the middle where it is missing."""
    low, middle, high = (signals.iloc[teaching].quantile(share) for share in (0.25, 0.5, 0.75))
    spread = (high - low).where(high > low, signals.iloc[teaching].std()).replace(0, 1).fillna(1)
    return ((signals - middle) / (spread / 2)).clip(-3, 3).fillna(0.0)


def _line(name: str, left: np.ndarray, risk: np.ndarray) -> str:
    clipped = np.clip(risk, 1e-6, 1 - 1e-6)
    loss = -np.mean(left * np.log(clipped) + (1 - left) * np.log1p(-clipped))
    same = np.ptp(risk) == 0
    auc, slope = ("-", "-") if same else (f"{roc_auc(left, risk):.3f}", f"{calibration_slope(left, clipped):.2f}")
    return f"  {name:<16}{auc:>8}{loss:>10.4f}{np.mean((left - risk) ** 2):>9.4f}{slope:>8}{risk.sum():>10.1f}"


if __name__ == "__main__":
    main()
