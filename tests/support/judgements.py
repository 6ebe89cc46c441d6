"""A judgement of customers who were made up, as the report gets it; words of the company may be as hostile as asked."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from pipelines.config import load_project
from pipelines.judging import judge, portrait, reasons
from pipelines.judging.material import Material
from pipelines.judging.slices import Slice, Slices
from pipelines.report.terms import Judged

TEST = datetime(2026, 9, 1)
CUTOFFS = [TEST - timedelta(days=60 * back) for back in range(4, -1, -1)]
ROWS = 600


def judged(monkeypatch, word: str = "retail", *, flat: bool = False, settings: tuple[str, ...] = ()) -> Judged:
    """Judge a model that knows much but not all; `word` is a company's own word for an industry."""
    monkeypatch.setattr(reasons, "global_reasons", lambda material: _reasons(word))
    monkeypatch.setattr(portrait, "acting_together", lambda material, found: _together())
    if flat:  # The portrait of a flat table asks a fitted model.
        monkeypatch.setattr(portrait, "portrait", lambda material: {"portraits": []})
    found = judge.judge(_material(word, flat, settings), lambda step: None)
    found.record["project"]["title"] = {"en": f"Company {word}", "zh": f"公司 {word}"}
    return Judged(found.record, found.tables)


def _material(word: str, flat: bool, settings: tuple[str, ...]) -> Material:
    random = np.random.default_rng(1)
    project = load_project("conf/demo.yaml", ["evaluate.replicates=20", *settings])
    parts = {cutoff: _predictions(random, cutoff) for cutoff in CUTOFFS}
    calendar = {
        "flat": flat,
        "cutoffs": [] if flat else [cutoff.isoformat() for cutoff in CUTOFFS],
        "test_cutoff": None if flat else TEST.isoformat(),
        "horizon_days": 60,
        "gap_days": 0,
    }
    labels = pd.concat([_labels(cutoff, part) for cutoff, part in parts.items()], ignore_index=True)
    test, train = parts[TEST], pd.concat([parts[cutoff] for cutoff in CUTOFFS[:-1]], ignore_index=True)
    features = {"recency_rule": ["usage__days_since_last__ever"], "xgboost": ["usage__days_since_last__ever"]}
    return Material(
        project=project,
        settings=project.evaluate,
        record={
            "best": "xgboost",
            "run_id": "0a1b",
            "features": features,
            "dropped": {},
            "split": {"train_rows": len(train), "test_rows": len(test), "open_rows": 0},
        },
        calendar=calendar,
        accepted={"rows": {"customers": ROWS}, "first": None, "last": None},
        labels=labels,
        test=test.drop(columns="cutoff") if flat else test,
        validation=None if flat else pd.concat([parts[CUTOFFS[1]], parts[CUTOFFS[2]]], ignore_index=True),
        rows=Slices(_slice(train, word, flat), _slice(test, word, flat)),
        folder=None,
        horizons=None if flat else _horizons(test, project.label.horizon_days),
    )


def _predictions(random: np.random.Generator, cutoff: datetime) -> pd.DataFrame:
    probability = random.beta(1, 6, ROWS)
    return pd.DataFrame(
        {
            "customer_id": [f"customer-{number:04d}" for number in range(ROWS)],
            "cutoff": np.datetime64(cutoff, "us"),
            "churned": (random.random(ROWS) < probability).astype("int8"),
            "recency_rule": random.random(ROWS).round(1),
            "xgboost": probability,
        }
    )


def _labels(cutoff: datetime, part: pd.DataFrame) -> pd.DataFrame:
    left = part["churned"] == 1
    ended = pd.Series(cutoff + timedelta(days=25), index=part.index, dtype="datetime64[us]").where(left)
    return part[["customer_id", "cutoff"]].assign(churned=part["churned"].astype("Int8"), churned_at=ended)


def _horizons(test: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """Half of the risk, and of the leavers, within half of the time."""
    whole = test[["customer_id", "churned"]].assign(horizon_days=horizon_days, probability=test["xgboost"])
    soon = whole.assign(horizon_days=horizon_days // 2, probability=whole["probability"] / 2)
    soon["churned"] = soon["churned"] * (np.arange(len(soon)) % 2)
    return pd.concat([soon, whole], ignore_index=True)


def _slice(part: pd.DataFrame, word: str, flat: bool) -> Slice:
    place = np.arange(len(part))
    signals = pd.DataFrame(
        {
            "usage__days_since_last__ever": 100 * part["xgboost"].to_numpy(dtype=np.float32),
            "contracts__monthly_price__ever": (100 + place % 50).astype(np.float32),
            "customers__industry__ever": pd.Categorical(np.where(place % 3 == 0, word, "software")),
            "customers__region__ever": pd.Categorical(np.where(place % 60 == 0, "europe", "east_china")),
        }
    )
    cutoff = None if flat else part["cutoff"].to_numpy(dtype="datetime64[us]")
    return Slice(signals, part["churned"].to_numpy(), part["customer_id"].to_numpy(dtype=object), cutoff)


def _together() -> pd.DataFrame:
    pair = {"first": "usage__days_since_last__ever", "second": "customers__industry__ever"}
    return pd.DataFrame([{**pair, "strength": 0.1, "effect": 0.03}])


def _reasons(word: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": ["usage__days_since_last", "customers__industry"],
            "mean": [0.5, 0.1],
            "share": [0.8, 0.2],
            "speaker": ["usage__days_since_last__ever", "customers__industry__ever"],
            "sentence_en": ["Last used the product 40 days ago (usual: 3)", f"Works in the industry {word}"],
            "sentence_zh": ["距上次使用产品已 40 天（通常为 3）", f"所属行业为 {word}"],
            "roc_auc_lost": [0.2, 0.0],
            "log_loss_gained": [0.05, 0.0],
        }
    )
