"""The raw speed of our booster: its fit as training calls it against plain XGBoost on the same rows and settings.

    python -m benchmarks.fit_speed                         # 200,000 rows x 200 columns, 100 trees
    python -m benchmarks.fit_speed --rows 50000 --runs 1

Every contestant is a process of its own that first makes the same frame (numbers with a tenth missing, whole numbers,
categories); measured is the way from this frame to the trees, and the most memory held on it, the frame included.
*plain* hands the frame to ``xgboost.DMatrix``, *plain, quantised* to ``xgboost.QuantileDMatrix``, as its manual shows;
ours encodes it batch by batch. Contestants take turns, so that a busy minute hits all of them; medians count. Each must
reach the same log loss on rows that it has not seen.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import Measured, forget_peak, measured, median, report

MOST_TIME, MOST_MEMORY = 1.15, 1.2
LARGEST_LOSS_DIFFERENCE = 0.002
UNSEEN_ROWS = 20_000
WHOLE, CATEGORIES = 20, 10
OURS, PLAIN, QUANTISED = "ours", "plain", "plain, quantised"
TREES = 100
SEED = 0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", choices=FITS, help=argparse.SUPPRESS)
    parser.add_argument("--loss-to", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        work(given.work, given.rows, given.columns, given.loss_to)
        return
    with tempfile.TemporaryDirectory() as folder:
        losses = Path(folder)
        runs: dict[str, list[Measured]] = {name: [] for name in FITS}
        for _ in range(given.runs):
            for name in FITS:
                size = ["--rows", str(given.rows), "--columns", str(given.columns)]
                goal = ["--loss-to", str(losses / f"{name}.json")]
                runs[name].append(measured(["-m", "benchmarks.fit_speed", "--work", name, *size, *goal]))
        found = {name: float(json.loads((losses / f"{name}.json").read_text())) for name in FITS}
    print(f"{given.rows:,} rows x {given.columns} columns, {TREES} trees, medians of {given.runs}")
    holds = show({name: median(own) for name, own in runs.items()}, found)
    raise SystemExit(0 if holds else "A claim does not hold.")


def show(took: dict[str, Measured], losses: dict[str, float]) -> bool:
    """Print what was found, and tell whether every claim holds."""
    print(f"  {'':<18} {'clock':>9} {'processor':>11} {'peak':>9} {'log loss':>10}")
    for name, own in took.items():
        figures = f"{own.seconds:7.2f} s {own.processor_seconds:9.2f} s {own.peak_gb:6.2f} GB {losses[name]:10.5f}"
        print(f"  {name:<18} {figures}")
    ours, plain = took[OURS], took[PLAIN]
    claims = (
        ("time, ours / plain", ours.seconds / plain.seconds, MOST_TIME),
        ("peak memory, ours / plain", ours.peak_gb / plain.peak_gb, MOST_MEMORY),
        ("log loss, largest difference", max(losses.values()) - min(losses.values()), LARGEST_LOSS_DIFFERENCE),
    )
    for name, value, most in claims:
        print(f"  {name:<30} {value:8.4f}   (at most {most}: {'holds' if value <= most else 'MISSED'})")
    return all(value <= most for _, value, most in claims)


def work(name: str, rows: int, columns: int, loss_to: Path) -> None:
    """Fit one contestant, measured, and write its log loss on unseen rows."""
    # What every contestant imports is no part of the fit.
    import xgboost  # noqa: F401

    import training.boosting  # noqa: F401

    frame, label = company(rows, columns, seed=SEED)
    unseen, truth = company(UNSEEN_ROWS, columns, seed=SEED + 1)
    fitted: list[Callable[[pd.DataFrame], np.ndarray]] = []
    forget_peak()
    report(lambda: fitted.append(FITS[name](frame, label)))
    probability = np.clip(fitted[0](unseen), 1e-9, 1 - 1e-9)
    loss = -np.where(truth == 1, np.log(probability), np.log1p(-probability)).mean()
    loss_to.write_text(json.dumps(float(loss)))


def company(rows: int, columns: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Make numbers of which a tenth is missing, whole numbers and categories, and who left; twelve columns matter."""
    random = np.random.default_rng(seed)
    numbers = columns - WHOLE - CATEGORIES
    values = {}
    risk = np.full(rows, -1.5)
    for position in range(numbers):
        value = random.normal(size=rows)
        value[random.random(rows) < 0.1] = np.nan
        values[f"number_{position}"] = value
        risk += 0.4 * np.nan_to_num(value) if position < 8 else 0
    for position in range(WHOLE):
        values[f"whole_{position}"] = random.poisson(5, rows)
        risk += 0.1 * values[f"whole_{position}"] * (values["number_0"] > 0) if position < 2 else 0
    for position in range(CATEGORIES):
        codes = random.integers(-1, 8, rows)
        values[f"category_{position}"] = pd.Categorical.from_codes(codes, [f"level {code}" for code in range(8)])
        risk += np.where(codes > 4, 0.5, 0) if position < 2 else 0
    return pd.DataFrame(values), (random.random(rows) < 1 / (1 + np.exp(-risk))).astype(np.int8)


def ours(frame: pd.DataFrame, label: np.ndarray) -> Callable[[pd.DataFrame], np.ndarray]:
    """Fit as training does."""
    from training.boosting import fit_boosting
    from training.encoding import learn_encoding
    from training.examples import Examples

    customer = np.arange(len(frame))
    core = fit_boosting(Examples(frame, label, customer), learn_encoding(frame), settings(), seed=SEED)
    return core.probability


def plain(frame: pd.DataFrame, label: np.ndarray) -> Callable[[pd.DataFrame], np.ndarray]:
    """Fit as anyone would who has read XGBoost's first page."""
    import xgboost

    matrix = xgboost.DMatrix(frame, label, enable_categorical=True)
    booster = xgboost.train(plain_settings(), matrix, num_boost_round=TREES)
    return lambda unseen: booster.predict(xgboost.DMatrix(unseen, enable_categorical=True))


def quantised(frame: pd.DataFrame, label: np.ndarray) -> Callable[[pd.DataFrame], np.ndarray]:
    """Fit as anyone would who has read XGBoost's page on memory."""
    import xgboost

    matrix = xgboost.QuantileDMatrix(frame, label, enable_categorical=True, max_bin=plain_settings()["max_bin"])
    booster = xgboost.train(plain_settings(), matrix, num_boost_round=TREES)
    return lambda unseen: booster.predict(xgboost.DMatrix(unseen, enable_categorical=True))


def settings() -> dict[str, float]:
    """Give the settings that every search begins with."""
    from training.search_space import STARTS

    return {**STARTS[0], "rounds": TREES}


def plain_settings() -> dict[str, object]:
    """Give the same settings as XGBoost takes them."""
    from training.boosting import BINS

    own = {name: value for name, value in settings().items() if name != "rounds"}
    return {"objective": "binary:logistic", "tree_method": "hist", "max_bin": BINS, "seed": SEED, **own}


FITS = {OURS: ours, PLAIN: plain, QUANTISED: quantised}


if __name__ == "__main__":
    main()
