"""One peer's model on rows that `benchmarks.models` wrote; runs where the peers are installed, without the project.

    python -m benchmarks.model_peers METHOD FOLDER SEED [BUDGET_S]

reads ``rows.parquet`` of the folder (and ``rhythm.parquet`` for what is written by hand) and writes probabilities.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import peak_gb

AUTOGLUON_S = 180
FLAML_S = 120
TEST, LABEL, LATEST = "is_test", "churned", "is_latest"
"""Columns beside the signals: rows that judge, the label (absent where they judge), the newest training cutoff."""


@dataclass(frozen=True)
class Table:
    """Rows as a peer gets them, and seconds for those that search, if not their usual ones."""

    train: pd.DataFrame
    label: np.ndarray
    test: pd.DataFrame
    latest: np.ndarray
    seed: int
    budget_s: float | None = None


def logistic(table: Table) -> np.ndarray:
    """Scale numbers, spread categories, fill gaps with medians: a plain logistic regression."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, categories = kinds(table.train)
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), categories),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=2000)).fit(table.train, table.label)
    return model.predict_proba(table.test)[:, 1]


def recency(table: Table) -> np.ndarray:
    """The longer the silence, the higher the risk: the rule that needs no model."""
    return _platt(np.log1p(table.train["recency_days"]), table.label, np.log1p(table.test["recency_days"]))


def bg_nbd(table: Table) -> np.ndarray:
    """Orders that BG/NBD expects in the window; its level comes from the newest training cutoff."""
    latest = table.train[table.latest]
    return _platt(_expected_orders(latest), table.label[table.latest], _expected_orders(table.test))


def hand_made(table: Table) -> np.ndarray:
    """LightGBM on recency, frequency, monetary value and rhythm written by hand."""
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(
        n_estimators=300, learning_rate=0.03, num_leaves=15, min_child_samples=50, random_state=table.seed, verbose=-1
    )
    drop = "horizon_days"
    return model.fit(table.train.drop(columns=drop), table.label).predict_proba(table.test.drop(columns=drop))[:, 1]


def catboost(table: Table) -> np.ndarray:
    """CatBoost as it comes."""
    from catboost import CatBoostClassifier

    _, categories = kinds(table.train)
    train, test = (_without_gaps(part, categories) for part in (table.train, table.test))
    model = CatBoostClassifier(
        verbose=0,
        random_seed=table.seed,
        cat_features=categories,
        allow_writing_files=False,
        thread_count=os.cpu_count(),
    )
    return model.fit(train, table.label).predict_proba(test)[:, 1]


def flaml(table: Table) -> np.ndarray:
    """FLAML with two minutes, unless told otherwise."""
    from flaml import AutoML

    found = AutoML()
    found.fit(
        X_train=table.train,
        y_train=table.label,
        task="classification",
        metric="log_loss",
        time_budget=table.budget_s or FLAML_S,
        seed=table.seed,
        verbose=0,
        n_jobs=os.cpu_count(),
    )
    return found.predict_proba(table.test)[:, 1]


def autogluon(table: Table) -> np.ndarray:
    """AutoGluon, best quality, three minutes unless told otherwise."""
    from autogluon.tabular import TabularPredictor

    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(label=LABEL, eval_metric="log_loss", path=folder, verbosity=0)
        predictor.fit(
            table.train.assign(**{LABEL: table.label}),
            presets="best_quality",
            time_limit=table.budget_s or AUTOGLUON_S,
            num_cpus=os.cpu_count(),
            num_gpus=0,
        )
        return predictor.predict_proba(table.test)[1].to_numpy()


@dataclass(frozen=True)
class Peer:
    """A method, the library that it needs, and whether it reads what is written by hand from an order log."""

    predict: Callable[[Table], np.ndarray]
    library: str
    by_hand: bool = False


PEERS: dict[str, Peer] = {
    "recency": Peer(recency, "sklearn", by_hand=True),
    "bg_nbd": Peer(bg_nbd, "lifetimes", by_hand=True),
    "hand_made": Peer(hand_made, "lightgbm", by_hand=True),
    "logistic": Peer(logistic, "sklearn"),
    "catboost": Peer(catboost, "catboost"),
    "flaml": Peer(flaml, "flaml"),
    "autogluon": Peer(autogluon, "autogluon"),
}


def kinds(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Names of numbers and of categories."""
    numbers = list(frame.select_dtypes(["number", "bool"]).columns)
    return numbers, [name for name in frame if name not in numbers]


def _without_gaps(frame: pd.DataFrame, categories: list[str]) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].astype(object).fillna("missing").astype(str) for name in categories})


def _expected_orders(rows: pd.DataFrame) -> np.ndarray:
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import ConvergenceError

    read = (rows["repeats"], rows["span_days"], rows["age_days"])
    for penalty in (0.0, 0.001, 0.01, 0.1):
        try:
            model = BetaGeoFitter(penalizer_coef=penalty).fit(*read)
        except ConvergenceError as problem:
            print(f"BG/NBD with penalty {penalty}: {problem}", file=sys.stderr)
            continue
        days = float(rows["horizon_days"].iloc[0])
        expected = model.conditional_expected_number_of_purchases_up_to_time(days, *read)
        return -np.log(np.maximum(np.asarray(expected), 1e-9))
    raise SystemExit("BG/NBD did not converge")


def _platt(score: np.ndarray, label: np.ndarray, judged: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1e6).fit(np.asarray(score)[:, None], label)
    return line.predict_proba(np.asarray(judged)[:, None])[:, 1]


def _read(folder: Path, by_hand: bool, seed: int, budget_s: float | None) -> Table:
    keys = pd.read_parquet(folder / "keys.parquet")
    rows = pd.read_parquet(folder / ("rhythm.parquet" if by_hand else "rows.parquet"))
    test = keys[TEST].to_numpy()
    label = keys[LABEL][~test].to_numpy(dtype=int)
    train, judged = (rows[mask].reset_index(drop=True) for mask in (~test, test))
    return Table(train, label, judged, keys[LATEST].to_numpy()[~test], seed, budget_s)


def main(method: str, folder: Path, seed: int, budget_s: float | None = None) -> None:
    """Fit, predict and write; exit with 3 where the library is not there."""
    peer = PEERS[method]
    if importlib.util.find_spec(peer.library) is None:
        raise SystemExit(3)
    table = _read(folder, peer.by_hand, seed, budget_s)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        probability = peer.predict(table)
    seconds = time.perf_counter() - started
    pd.DataFrame({"probability": np.asarray(probability, dtype=np.float64)}).to_parquet(folder / f"{method}.parquet")
    print(json.dumps([seconds, peak_gb()]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *map(float, sys.argv[4:]))
